import type { NftRule, NftTable } from '#state';
import { type Draft, networkOf } from './draft.ts';
import { type Sketch, stateOf } from './states.ts';
import type { World } from './world.ts';

/** Two clouds as a careful person would set them up by hand; tests break one thing at a time. */
export const draft: Draft = {
  version: 1,
  network: 'test',
  overlay: ['10.0.0.0/24'],
  topology: 'mesh',
  sites: {
    a: {
      subnets: ['192.168.66.0/24'],
      gateways: { 'gw-a': { endpoint: '203.0.113.10:51820', address: ['192.168.66.4'] } },
      hosts: { 'host-a': { address: ['192.168.66.11'] } },
    },
    b: {
      subnets: ['192.168.77.0/24'],
      gateways: { 'gw-b': { endpoint: '198.51.100.20:51820', address: ['192.168.77.4'] } },
      hosts: { 'host-b': { address: ['192.168.77.11'] } },
    },
  },
};

const established: NftRule[] = [
  { match: [{ left: 'ct direction', op: '==', right: 'reply' }], verdict: 'accept' },
  { match: [{ left: 'iifname', op: '!=', right: 'wg0' }], verdict: 'accept' },
];

/** Lets in ICMP and SSH from site a; counts and rejects the rest. */
export const filter: NftTable = {
  family: 'inet',
  name: 'test',
  counters: ['deny', 'rule-ssh'],
  sets: [],
  maps: [
    {
      name: 'sources',
      type: 'ipv4_addr',
      interval: true,
      elements: [
        ['10.0.0.0/24', 'jump ports'],
        ['192.168.66.0/24', 'jump ports'],
      ],
    },
  ],
  chains: [
    {
      name: 'forward',
      hook: { type: 'filter', hook: 'forward', priority: 0, policy: 'accept' },
      rules: [{ match: [], verdict: 'goto decide' }],
    },
    {
      name: 'input',
      hook: { type: 'filter', hook: 'input', priority: 0, policy: 'accept' },
      rules: [{ match: [], verdict: 'jump decide' }],
    },
    {
      name: 'decide',
      rules: [
        ...established,
        { match: [{ left: 'ct state', op: '==', right: 'related' }], verdict: 'accept' },
        { match: [], vmap: { left: 'ct original ip saddr', map: 'sources' } },
        { match: [], counter: 'deny', verdict: 'reject with icmpx admin-prohibited' },
      ],
    },
    {
      name: 'ports',
      rules: [
        {
          match: [{ left: 'meta l4proto', op: '==', right: ['icmp', 'ipv6-icmp'] }],
          verdict: 'accept',
        },
        {
          match: [{ left: 'meta l4proto . th dport', op: '==', right: ['tcp . 22'] }],
          counter: 'rule-ssh',
          verdict: 'accept',
        },
      ],
    },
  ],
};

export const gatewayA: Sketch = {
  name: 'gw-a',
  overlay: ['10.0.0.1'],
  peers: {
    'gw-b': { endpoint: '198.51.100.20:51820', allowed: ['10.0.0.2/32', '192.168.77.0/24'] },
  },
  routes: [
    { prefix: '10.0.0.2/32', device: 'wg0' },
    { prefix: '192.168.77.0/24', device: 'wg0' },
  ],
  forwards: ['wg0', '192.168.66.4'],
};

export const gatewayB: Sketch = {
  name: 'gw-b',
  overlay: ['10.0.0.2'],
  peers: {
    'gw-a': { endpoint: '203.0.113.10:51820', allowed: ['10.0.0.1/32', '192.168.66.0/24'] },
  },
  routes: [
    { prefix: '10.0.0.1/32', device: 'wg0' },
    { prefix: '192.168.66.0/24', device: 'wg0' },
  ],
  forwards: ['wg0', '192.168.77.4'],
  nft: [filter],
};

export const hostRoutes = {
  'host-a': [
    { prefix: '192.168.77.0/24', via: '192.168.66.4', table: 254 },
    { prefix: '10.0.0.0/24', via: '192.168.66.4', table: 254 },
  ],
  'host-b': [
    { prefix: '192.168.66.0/24', via: '192.168.77.4', table: 254 },
    { prefix: '10.0.0.0/24', via: '192.168.77.4', table: 254 },
  ],
};

/** A world of these sketches; plain hosts have the routes above. */
export const worldOf = (
  sketches: readonly Sketch[],
  from: Draft = draft,
  routes: Readonly<Record<string, (typeof hostRoutes)['host-a']>> = hostRoutes,
): World => ({
  network: networkOf(from),
  states: new Map(sketches.map((sketch) => [sketch.name, stateOf(sketch)])),
  hostRoutes: new Map(Object.entries(routes)),
  routerRoutes: new Map(),
});

export const twoSites = (): World => worldOf([gatewayA, gatewayB]);
