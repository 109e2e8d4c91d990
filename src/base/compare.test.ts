import { expect, test } from 'vitest';
import { by, byText } from './compare.ts';

test('texts sort by code unit, not by the habits of a language', () => {
  expect(['z', 'ä', 'a', 'Z', '10', '9', ''].sort(byText)).toEqual([
    '',
    '10',
    '9',
    'Z',
    'a',
    'z',
    'ä',
  ]);
  expect(byText('worker-1', 'worker-1')).toBe(0);
});

test('things sort by one text of theirs', () => {
  const sites = [{ name: 'giessen' }, { name: 'bielefeld' }];
  expect(sites.sort(by((site) => site.name))).toEqual([{ name: 'bielefeld' }, { name: 'giessen' }]);
});
