import {
  type HostState,
  type Namespace,
  type NftTable,
  type Route,
  unreachableMetric,
} from '#state';
import { keyNamed, machineState, type PeerInit, type StateInit } from '../support/states.ts';
import { routerSpace } from './router-states.ts';
import { firstSpace, secondSpace } from './segment-states.ts';

/** A filter with something of everything: counters, sets and maps of all kinds, chains, hooks. */
export const filterTable = (name = 'hawser-net'): NftTable => ({
  family: 'inet',
  name,
  counters: ['deny', 'policy-ssh'],
  sets: [
    {
      name: 'net4',
      type: 'ipv4_addr',
      interval: true,
      elements: ['10.0.0.0/24', '192.168.66.0-192.168.66.9', '192.168.77.1/32'],
    },
    { name: 'net6', type: 'ipv6_addr', interval: true, elements: ['fd00:77::/64', 'fd00:78::1'] },
    { name: 'names', type: 'ifname', interval: false, elements: ['wg0', 'wg-1'] },
  ],
  maps: [
    {
      name: 'guard4',
      type: 'ipv4_addr',
      interval: true,
      elements: [
        ['10.0.0.0/25', 'goto judge'],
        ['10.0.0.128/25', 'jump judge'],
        ['192.168.77.0/24', 'drop'],
      ],
    },
    {
      name: 'ports-1',
      type: 'inet_proto . inet_service',
      interval: true,
      elements: [
        ['icmp . 0-65535', 'accept'],
        ['tcp . 22', 'accept'],
        ['udp . 100-200', 'accept'],
      ],
    },
  ],
  chains: [
    {
      name: 'forward',
      hook: { type: 'filter', hook: 'forward', priority: -5, policy: 'accept' },
      rules: [
        { match: [{ left: 'iifname', op: '!=', right: 'wg0' }], verdict: 'return' },
        {
          match: [{ left: 'ct state', op: '==', right: ['established', 'related'] }],
          counter: 'policy-ssh',
          verdict: 'accept',
        },
        {
          match: [{ left: 'tcp flags', op: '==', right: 'syn' }],
          set: 'tcp option maxseg size set rt mtu',
        },
        { match: [{ left: 'ip saddr', op: '!=', right: '@net4' }], verdict: 'drop' },
        { match: [], vmap: { left: 'ct original ip daddr', map: 'guard4' } },
      ],
    },
    {
      name: 'judge',
      rules: [
        { match: [], vmap: { left: 'meta l4proto . th dport', map: 'ports-1' } },
        { match: [], counter: 'deny', verdict: 'reject with icmpx admin-prohibited' },
      ],
    },
  ],
});

/** What a network refuses when its tunnel is gone. */
const unreachable = (network: string, prefix: string, table = 254): Route => {
  return { type: 'unreachable', prefix, table, metric: unreachableMetric(network) };
};

/** A hub on eth0 with a filter, forwarding and both address families; listens on 51820. */
export const hubState = (
  peers: Readonly<Record<string, PeerInit>>,
  init: StateInit = {},
): HostState =>
  machineState({
    machine: 'hub',
    network: 'net',
    addresses: ['10.0.0.1/32', 'fd00:77::1/128'],
    peers,
    tunnel: { fwmark: 0x1234 },
    routes: [
      { prefix: '10.0.0.0/24', device: 'wg0', table: 254 },
      {
        prefix: '10.0.5.0/24',
        via: '192.168.66.5',
        table: 254,
        device: { holding: '192.168.66.4' },
      },
      { prefix: '10.0.6.0/24', via: '192.168.66.6', table: 254 },
      { prefix: '192.168.77.0/24', device: 'wg0', table: 0x1234, mtu: 1340, source: '10.0.0.1' },
      { prefix: 'fd00:77::/64', device: 'wg0', table: 254, metric: 50 },
      { prefix: 'fd00:99::/64', device: 'wg0', table: 254 },
      { prefix: '::/0', device: 'wg0', table: 0x1234 },
      unreachable('net', '10.0.0.0/16'),
      unreachable('net', 'fd00:77::/64'),
      unreachable('net', '192.168.77.0/24', 0x1234),
    ],
    root: {
      rules: {
        v: 1,
        items: [
          { family: 4, priority: 30_000, not: true, fwmark: 0x1234, table: 0x1234 },
          { family: 6, priority: 30_000, not: true, fwmark: 0x1234, table: 0x1234 },
        ],
      },
      sysctls: {
        v: 1,
        items: [
          {
            key: 'net.ipv4.conf.*.src_valid_mark',
            device: { holding: '192.168.66.4' },
            value: '1',
          },
        ],
      },
      forwarding: {
        v: 1,
        items: [
          { device: 'wg0', family: 4 },
          { device: { holding: '192.168.66.4' }, family: 4 },
          { device: 'wg0', family: 6 },
          { device: { holding: '192.168.66.4' }, family: 6 },
        ],
      },
      nft: { v: 1, items: [filterTable()] },
    },
    ...init,
  });

/** Peers that nobody plays. */
export const strangers = (...names: readonly string[]): Record<string, PeerInit> =>
  Object.fromEntries(
    names.map((name, index) => [
      name,
      {
        publicKey: keyNamed(name),
        keepalive: 25,
        carries: [`10.0.1.${index}/32`, `fd00:77:1::${index + 1}/128`],
      },
    ]),
  );

/** A second network on the hub's machine; it shares the hub's device towards its site. */
export const otherState = (): HostState =>
  machineState({
    network: 'other',
    interface: 'wg1',
    addresses: ['10.20.0.1/32', 'fd00:20::1/128'],
    peers: { carol: { carries: ['10.20.1.0/24', 'fd00:20:1::/64'] } },
    routes: [
      { prefix: '10.20.1.0/24', device: 'wg1', table: 254 },
      { prefix: 'fd00:20:1::/64', device: 'wg1', table: 0x5678 },
      { prefix: '10.20.9.0/24', via: '192.168.66.5', table: 254 },
      unreachable('other', '10.0.0.0/16'),
      unreachable('other', 'fd00:77::/64'),
    ],
    tunnel: { listenPort: 51830, fwmark: 0x5678 },
    root: {
      rules: {
        v: 1,
        items: [{ family: 4, priority: 30_000, not: true, fwmark: 0x5678, table: 0x5678 }],
      },
      forwarding: {
        v: 1,
        items: [
          { device: 'wg1', family: 4 },
          { device: { holding: '192.168.66.4' }, family: 4 },
          { device: { holding: '192.168.66.4' }, family: 6 },
        ],
      },
      nft: { v: 1, items: [filterTable('hawser-other')] },
    },
  });

/** Differs from the first in every facility; some prefixes are with other peers. */
function secondState(): HostState {
  const peers = {
    vpn: { keepalive: 7, endpoint: '198.51.100.20:51820', carries: ['10.0.1.1/32'] },
    bob: { carries: ['10.0.1.0/32', '192.168.77.0/24'] },
  };
  const state = hubState(peers, {
    mtu: 1380,
    addresses: ['10.0.0.1/32', '10.0.0.7/32', 'fd00:77::7/128'],
    tunnel: { listenPort: 51900, fwmark: 0x4321 },
    routes: [
      { prefix: '10.0.0.0/24', device: 'wg0', table: 254, mtu: 1300, source: '10.0.0.7' },
      { prefix: 'fd00:77::/64', device: 'wg0', table: 254, metric: 50, mtu: 1320 },
      { prefix: '::/0', device: 'wg0', table: 0x4321 },
      unreachable('net', '10.0.0.0/15'),
      unreachable('net', 'fd00:77::/64'),
    ],
  });
  const [table] = state.namespaces['root']?.nft?.items ?? [];
  const root = {
    ...state.namespaces['root'],
    rules: {
      v: 1 as const,
      items: [{ family: 6 as const, priority: 30_000, not: true, fwmark: 0x4321, table: 0x4321 }],
    },
    sysctls: { v: 1 as const, items: [] },
    forwarding: { v: 1 as const, items: [{ device: 'wg0', family: 4 as const }] },
    nft: { v: 1 as const, items: table ? [changedTable(table)] : [] },
  };
  return { ...state, namespaces: { root } };
}

/** Another counter, another type of set, other elements, verdicts, rules, chains and hook. */
const changedTable = (table: NftTable): NftTable => ({
  ...table,
  counters: ['deny', 'outside'],
  sets: [
    { name: 'net4', type: 'ipv4_addr', interval: true, elements: ['10.0.0.0/16'] },
    { name: 'names', type: 'ipv6_addr', interval: true, elements: ['fd00::/8'] },
  ],
  maps: [
    {
      name: 'guard4',
      type: 'ipv4_addr',
      interval: true,
      elements: [
        ['10.0.0.0/25', 'goto sentence'],
        ['192.168.77.0/24', 'accept'],
      ],
    },
  ],
  chains: [
    {
      name: 'forward',
      hook: { type: 'filter', hook: 'forward', priority: 5, policy: 'drop' },
      rules: [
        { match: [{ left: 'ip6 saddr', op: '!=', right: '@names' }], verdict: 'drop' },
        { match: [], vmap: { left: 'ct original ip daddr', map: 'guard4' } },
      ],
    },
    {
      name: 'sentence',
      rules: [
        { match: [{ left: 'ip saddr', op: '==', right: '@net4' }], verdict: 'accept' },
        { match: [], counter: 'outside', verdict: 'drop' },
      ],
    },
  ],
});

/** A state with names in /etc/hosts, for which the machine answers on these addresses. */
const withNames = (
  state: HostState,
  zone: string,
  listen: readonly string[],
  entries: readonly (readonly [address: string, ...bare: string[]])[],
): HostState => ({
  ...state,
  namespaces: {
    root: {
      ...state.namespaces['root'],
      resolvers: {
        v: 1,
        items:
          listen.length === 0
            ? []
            : [
                {
                  name: 'resolver',
                  listen: [...listen],
                  zones: [zone, '0.0.10.in-addr.arpa'],
                  forward: zone.endsWith('.example') ? ['192.0.2.53', '2001:db8::53'] : [],
                },
              ],
      },
      names: {
        v: 1,
        hostsFile: 'always',
        items: entries.map(([address, ...bare]) => ({
          address,
          names: [...bare.map((name) => `${name}.${zone}`), ...bare],
        })),
      },
    },
  },
});

const withSegment = (state: HostState, space: Namespace): HostState => ({
  ...state,
  namespaces: { ...state.namespaces, 'hw-net-lab': space },
});

const withRouter = (state: HostState, space: Namespace): HostState => ({
  ...state,
  namespaces: { ...state.namespaces, 'hw-net-gw': space },
});

const withNamesAndSegment = (
  ...[state, zone, listen, entries, space]: [...Parameters<typeof withNames>, Namespace]
): HostState => withSegment(withNames(state, zone, listen, entries), space);

/** The states between which every host must find its way. */
export const complianceStates = {
  first: withRouter(
    withNamesAndSegment(
      hubState(strangers('vpn', 'alice')),
      'net.internal',
      ['10.0.0.1', 'fd00:77::1'],
      [
        ['10.0.0.1', 'hub', 'hub.site'],
        ['10.0.0.2', 'vpn'],
        ['fd00:77::1', 'hub', 'hub.site'],
      ],
      firstSpace,
    ),
    routerSpace('10.5.0', '02:72:00:00:00:01', ['10.254.0.1/32', '130.238.7.0/24']),
  ),
  second: withRouter(
    withNamesAndSegment(
      secondState(),
      'net.example',
      ['10.0.0.7'],
      [
        ['10.0.0.2', 'vpn-2'],
        ['10.0.0.7', 'hub'],
      ],
      secondSpace,
    ),
    routerSpace('10.6.0', '02:72:00:00:00:02', ['10.254.0.1/32']),
  ),
  other: withNames(otherState(), 'other.internal', [], [['10.20.1.1', 'carol']]),
};
