import { expect, test } from 'vitest';
import { emptyFacts } from '#compile';
import { renamedFacts } from './renames.ts';

test('a machine that nobody has the key of keeps its address under another name, too', () => {
  const ledger = { ...emptyFacts.ledger, addresses: { ann: ['10.0.0.2'], ben: ['10.0.0.3'] } };
  const { addresses } = renamedFacts({ ...emptyFacts, ledger }, new Map([['ann', 'anna']])).ledger;
  expect(addresses).toEqual({ anna: ['10.0.0.2'], ben: ['10.0.0.3'] });
});
