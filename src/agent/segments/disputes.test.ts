import { expect, test } from 'vitest';
import { Disputes } from './disputes.ts';
import { bareTable } from './fixtures/testing-table.ts';
import type { Message } from './messages.ts';
import { Registry } from './registry.ts';
import type { Sight } from './sight.ts';

const mac = '02:00:00:00:00:50';
const at = '10.0.0.2';

test('of a machine each address is claimed, also where they are heard one after the other', () => {
  const table = { ...bareTable, peers: [{ site: 'pouta', address: at }] };
  const said: Message[] = [];
  const disputes = new Disputes({
    segment: 'lab',
    registry: new Registry({ table, fdb: [], neighbours: [] }, () => 0),
    sight: {} as Sight,
    say: (_, message) => said.push(message),
    concern: () => undefined,
    later: () => undefined,
  });
  const [one, two] = ['10.9.0.50', '10.9.0.51'];
  for (const of of [[one], [two], [one, two]]) disputes.claim({ of, mac, at });
  expect(said).toEqual([one, two].map((of) => ({ type: 'claim', segment: 'lab', of: [of], mac })));
});
