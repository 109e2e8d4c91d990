import { expect, test } from 'vitest';
import type { HostState, NftTable } from '#state';
import { brokenAmong, brokenIn } from './invariants.ts';
import { type Sketch, stateOf } from './states.ts';
import { filter, gatewayA, gatewayB, twoSites } from './two-sites.ts';

test('the worlds made by hand keep the invariants', () => {
  const { network, states } = twoSites();
  expect([...states.values()].flatMap(brokenIn)).toEqual([]);
  expect(brokenAmong(network, states)).toEqual([]);
});

const allowing = (a: readonly string[], b: readonly string[]): HostState =>
  stateOf({ ...gatewayA, peers: { one: { allowed: a }, two: { allowed: b } } });
const filtering = (change: Partial<NftTable>): HostState =>
  stateOf({ ...gatewayB, nft: [{ ...filter, ...change }] });
const changed = (sketch: Sketch, change: (state: HostState) => Partial<HostState>): HostState => {
  const state = stateOf(sketch);
  return { ...state, ...change(state) };
};

const set = (elements: string[], type = 'ipv4_addr') => ({
  name: 'sources',
  type,
  interval: true,
  elements,
});
const asked = (elements: string[], type?: string): Partial<NftTable> => ({
  sets: [set(elements, type)],
  maps: [],
  counters: [],
  chains: [
    {
      name: 'forward',
      hook: { type: 'filter', hook: 'forward', priority: 0, policy: 'accept' },
      rules: [{ match: [{ left: 'ip saddr', op: '==', right: '@sources' }], verdict: 'drop' }],
    },
  ],
});

test.each<[string, HostState, RegExp]>([
  [
    'one prefix with two peers',
    allowing(['10.0.0.0/24'], ['10.0.0.0/24']),
    /of one overlaps .* of two/,
  ],
  [
    'a prefix of one peer inside that of another',
    allowing(['10.0.0.0/24'], ['10.0.0.8/32']),
    /overlaps/,
  ],
  [
    'halves that are not joined',
    allowing(['10.0.0.0/25', '10.0.0.128/25'], []),
    /are not aggregated/,
  ],
  [
    'a prefix inside another of the same peer',
    allowing(['10.0.0.0/24', '10.0.0.8/32'], []),
    /are not aggregated/,
  ],
  [
    'prefixes out of order',
    allowing(['9.0.0.0/8', '10.9.0.0/24', '10.10.0.0/24', '10.0.0.0/24'], []),
    /stands before/,
  ],
  [
    'an overlay address with a network around it',
    changed(gatewayA, (s) => ({
      namespaces: {
        root: {
          ...s.namespaces['root'],
          addresses: { v: 1, items: [{ device: 'wg0', address: '10.0.0.1/24' }] },
        },
      },
    })),
    /is no single address/,
  ],
  [
    'a binding to nobody',
    changed(gatewayA, (s) => ({ bindings: s.bindings.map((b) => ({ ...b, candidates: [] })) })),
    /nobody carries/,
  ],
  [
    'a binding to a stranger',
    changed(gatewayA, () => ({ tunnels: {} })),
    /names the peer gw-b, which is none/,
  ],
  [
    'a field of the wrong type',
    changed(gatewayA, () => ({ rev: 'one' as unknown as number })),
    /schema/,
  ],
  [
    'a jump to a chain that is not there',
    filtering({ chains: filter.chains.slice(0, 3) }),
    /nobody declares the chain ports/,
  ],
  [
    'a chain that nothing leads to',
    filtering({ maps: [{ name: 'sources', type: 'ipv4_addr', interval: true, elements: [] }] }),
    /nothing leads to the chain ports/,
  ],
  [
    'a counter that is not declared',
    filtering({ counters: ['deny'] }),
    /counter rule-ssh is not declared/,
  ],
  [
    'a counter that counts nothing',
    filtering({ counters: ['deny', 'old', 'rule-ssh'] }),
    /old counts nothing/,
  ],
  ['elements that overlap', filtering(asked(['10.0.0.0/24', '10.0.0.9'])), /overlap/],
  ['ranges of ports that overlap', filtering(asked(['tcp . 20-30', 'tcp . 22'])), /overlap/],
  ['elements out of order', filtering(asked(['192.168.0.0/24', '10.0.0.0/24'])), /stands before/],
  ['a set nobody asks', filtering({ sets: [{ ...set([]), name: 'idle' }] }), /nobody asks idle/],
])('%s is seen', (_, state, message) => {
  expect(brokenIn(state).join('\n')).toMatch(message);
});

test('a machine behind NAT that sends no keepalive is seen', () => {
  const { network, states } = twoSites();
  const hidden = {
    ...network,
    sites: network.sites.map((s) => ({
      ...s,
      gateways: s.gateways.map(({ endpoint: _, ...g }) => ({ ...g, keepalive: 25 })),
    })),
  };
  expect(brokenAmong(hidden, states).join('\n')).toMatch(
    /gw-a behind NAT sends no keepalive to gw-b/,
  );
});

test('one address given to two machines is seen, and one socket', () => {
  const { network, states } = twoSites();
  const twins = new Map(states).set('gw-b', stateOf({ ...gatewayB, overlay: ['10.0.0.1'] }));
  expect(brokenAmong(network, twins).join('\n')).toMatch(
    /overlay addresses: 10\.0\.0\.1\/32 twice/,
  );
  const [a] = network.sites.flatMap((s) => s.gateways);
  const same = {
    ...network,
    sites: network.sites.map((s) => ({
      ...s,
      gateways: s.gateways.map((g) => ({ ...g, ...(a?.endpoint && { endpoint: a.endpoint }) })),
    })),
  };
  expect(brokenAmong(same, states).join('\n')).toMatch(
    /listening sockets: 203\.0\.113\.10:51820 twice/,
  );
});
