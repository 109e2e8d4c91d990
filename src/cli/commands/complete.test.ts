import { expect, test } from 'vitest';
import { meantBy } from './complete.ts';

test.each([
  ['hawser remove --context prod ', { context: 'prod' }],
  ['hawser remove --context=prod --network  net an', { context: 'prod', network: 'net' }],
  ['hawser remove --network \'net\' --network "other" ', { network: 'other' }],
  ['hawser remove --context pr', {}],
  ['hawser remove --context ', {}],
  ['hawser remove ', {}],
  ['', {}],
])('%j means %j', (line, meant) => {
  expect(meantBy(line)).toEqual(meant);
});
