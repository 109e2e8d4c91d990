import { expect, test } from 'vitest';
import { trackedByBridge, ViewBuilder, viewOf, wantsBridged } from './index.ts';
import type { HostState, Namespace, NftTable } from './schema.ts';

const table = (family: 'inet' | 'bridge', name: string): NftTable => ({
  family,
  name,
  counters: ['deny'],
  sets: [{ name: 'ranges4', type: 'ipv4_addr', interval: true, elements: ['10.9.0.0/24'] }],
  maps: [
    { name: 'guard-4', type: 'ipv4_addr', interval: true, elements: [['10.9.0.1', 'goto guard']] },
  ],
  chains: [
    { name: 'guard', rules: [{ match: [], counter: 'deny', verdict: 'drop' }] },
    {
      name: 'forward',
      hook: { type: 'filter', hook: 'forward', priority: 10, policy: 'accept' },
      rules: [{ match: [], verdict: 'jump guard' }],
    },
  ],
});

const space: Namespace = {
  sysctls: {
    v: 1,
    items: [
      { key: 'net.bridge.bridge-nf-call-iptables', value: '1' },
      { key: 'net.ipv4.ip_forward', value: '1' },
    ],
  },
  nft: { v: 1, items: [table('bridge', 'policy'), table('inet', 'policy'), table('inet', 'door')] },
};

const viewWith = (namespaces: Record<string, Namespace>) =>
  viewOf({ namespaces, tunnels: {}, bindings: [] } as unknown as HostState);

test('a kernel whose bridges track connections asks the policy in the bridge, and lets ARP be', () => {
  const view = viewWith({ root: { nft: space.nft }, lab: space } as Record<string, Namespace>);
  const seen = trackedByBridge(view).get('lab');
  expect([...(seen?.['nft-tables'].keys() ?? [])]).toEqual([
    'bridge policy',
    'bridge policy-tracked',
    'inet door',
  ]);
  expect(seen?.['nft-chains'].get('bridge policy-tracked forward')?.rules).toEqual([
    'meta protocol == arp accept',
    'jump guard',
  ]);
  expect([...(seen?.['nft-elements'].keys() ?? [])]).toContain(
    'bridge policy-tracked guard-4 10.9.0.1',
  );
  expect([...(seen?.sysctls.keys() ?? [])]).toEqual(['net/ipv4/ip_forward']);
  expect(seen?.spaces).toEqual(view.get('lab')?.spaces);
});

test('what asks for nothing bridged stays as it is', () => {
  const plain = viewWith({ lab: { nft: space.nft } as Namespace });
  expect(wantsBridged(plain)).toBe(false);
  expect(trackedByBridge(plain)).toEqual(plain);
  expect(wantsBridged(new ViewBuilder().view)).toBe(false);
});
