import { expect, test } from 'vitest';
import type { Run } from '#host';
import type { HostState } from '#state';
import { countedBy } from './counter.ts';

const table = (family: string, name: string, ...counters: readonly string[]) => ({
  family,
  name,
  counters,
});
const state = {
  namespaces: {
    root: { nft: { v: 1, items: [table('inet', 'hawser-net', 'deny')] } },
    'hw-net-lab': { nft: { v: 1, items: [table('inet', 'hawser-net-policy', 'deny')] } },
    'hw-net-way': { nft: { v: 1, items: [table('inet', 'hawser-net', 'denied')] } },
  },
} as unknown as HostState;

test('what filters counted under a name is summed up, wherever a machine has the table, and not of others', async () => {
  const there: Record<string, readonly (readonly [table: string, name: string, n: number])[]> = {
    '': [
      ['hawser-net', 'deny', 1],
      ['docker', 'deny', 100],
    ],
    'hw-net-lab': [
      ['hawser-net-policy-tracked', 'deny', 4],
      ['hawser-net-policy-tracked', 'policy-1', 200],
    ],
  };
  const run: Run = async (_, argv) => {
    const namespace = argv[0] === 'ip' ? (argv[3] ?? '') : '';
    const counters = (there[namespace] ?? []).map(([own, name, packets]) => ({
      counter: { table: own, name, packets, bytes: packets * 10 },
    }));
    return JSON.stringify({ nftables: [{ metainfo: {} }, ...counters] });
  };
  expect(await countedBy(run, state, 'deny')).toEqual({ packets: 5, bytes: 50 });
  expect(await countedBy(run, state, 'nothing')).toBeUndefined();
});
