import { expect, test } from 'vitest';
import { describeChange } from './describe.ts';
import { diff } from './diff.ts';
import { hashState } from './hash.ts';
import { canonicalElement, writeRule } from './nft-text.ts';
import { parseHostState } from './parse.ts';
import type { HostState, Route } from './schema.ts';
import { unreachableMetric } from './unreachable.ts';
import { emptyView, itemsOf } from './view.ts';
import { viewOf } from './view-of.ts';

const state = (over: Partial<HostState> = {}): HostState => ({
  format: 1,
  network: 'net',
  machine: 'gw',
  epoch: 'e',
  rev: 1,
  namespaces: {},
  tunnels: {},
  bindings: [],
  processes: {},
  tables: {},
  ...over,
});

const tunnel = {
  interface: 'wg0',
  lane: 0,
  bornIn: 'root',
  livesIn: 'root',
  listenPort: 51820,
  key: { id: 'net/0' },
  peers: { a: { publicKey: 'A' }, b: { publicKey: 'B', endpoint: '192.0.2.1:51820' } },
};

const bound = (peer: string): HostState =>
  state({
    tunnels: { '0': tunnel },
    bindings: [
      {
        prefixes: ['10.0.1.0/24'],
        candidates: [
          { tunnel: '0', peer: 'gone', rank: 0 },
          { tunnel: '0', peer, rank: 1 },
          { tunnel: '0', peer: peer === 'a' ? 'b' : 'a', rank: 2 },
        ],
        sticky: true,
      },
    ],
  });

test('a state is read from text and from a value, unknown fields and all', () => {
  const read = { ...state(), news: { of: 'tomorrow' } };
  expect(parseHostState(JSON.stringify(read))).toEqual(read);
  expect(parseHostState(read)).toEqual(read);
});

const code = (input: unknown): unknown => {
  try {
    parseHostState(input);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
};

test('what this agent cannot read is refused with a code', () => {
  const later = { root: { links: { v: 2, items: [] } } };
  const unheard = { root: { vxlan: { v: 1, items: [] } } };
  expect(code('{')).toBe('state/not-json');
  expect(code({ ...state(), rev: 'one' })).toBe('state/malformed');
  expect(code({ ...state(), format: 2 })).toBe('state/format-too-new');
  expect(code({ ...state(), namespaces: later })).toBe('state/facility-too-new');
  expect(code({ ...state(), namespaces: unheard })).toBe('state/facility-too-new');
  expect(code(null)).toBe('state/malformed');
});

test('equal states have equal hashes, however their keys are ordered', () => {
  const shuffled = Object.fromEntries(Object.entries(state()).toReversed());
  expect(hashState(parseHostState(shuffled))).toBe(hashState(state()));
  expect(hashState(state({ machine: 'another' }))).not.toBe(hashState(state()));
});

test('a revision that does not touch a machine leaves it its hash', () => {
  expect(hashState(state({ rev: 2, epoch: 'later' }))).toBe(hashState(state()));
});

test('the lowest candidate that exists carries a binding', () => {
  const peers = itemsOf(viewOf(bound('b')), 'root', 'peers');
  expect(peers.get('wg0 B')?.allowedIps).toEqual(['10.0.1.0/24']);
  expect(peers.get('wg0 A')?.allowedIps).toEqual([]);
});

test('a prefix that changes its peer is one move, the loser first', () => {
  const changes = diff(viewOf(bound('b')), viewOf(bound('a')));
  expect(changes.map(({ kind }) => kind)).toEqual(['move']);
  expect(changes.map(describeChange)).toEqual(['move 10.0.1.0/24 from peer b to peer a on wg0']);
  expect(changes).toMatchObject([{ after: [{ publicKey: 'B' }, { publicKey: 'A' }] }]);
});

test('a move tells of the peers that come or go with it', () => {
  const { a } = tunnel.peers;
  const alone = { ...bound('a'), tunnels: { '0': { ...tunnel, peers: { a } } } };
  expect(diff(viewOf(bound('b')), viewOf(alone)).map(describeChange)).toEqual([
    'move 10.0.1.0/24 from peer b to peer a on wg0; remove peer b of wg0',
  ]);
  expect(diff(viewOf(alone), viewOf(bound('b'))).map(describeChange)).toEqual([
    'move 10.0.1.0/24 from peer a to peer b on wg0; add peer b of wg0',
  ]);
});

test('a plan reads like sentences', () => {
  const before = state({
    tunnels: { '0': tunnel },
    namespaces: {
      root: { links: { v: 1, items: [{ name: 'wg0', kind: 'wireguard', mtu: 1420 }] } },
    },
  });
  const after = state({
    tunnels: { '0': { ...tunnel, peers: { b: tunnel.peers.b } } },
    namespaces: {
      root: {
        links: { v: 1, items: [{ name: 'wg0', kind: 'wireguard', mtu: 1380 }] },
        routes: { v: 1, items: [{ prefix: '10.0.1.0/24', device: 'wg0', table: 254 }] },
      },
    },
  });
  expect(diff(viewOf(before), viewOf(after)).map(describeChange)).toEqual([
    'change link wg0: mtu 1420 -> 1380',
    'remove peer a of wg0',
    'add route 10.0.1.0/24 (device wg0)',
  ]);
});

test('devices nobody named stay descriptions in a plan', () => {
  const item = { device: { holding: '192.168.66.4' }, family: 4 } as const;
  const wanted = state({ namespaces: { root: { forwarding: { v: 1, items: [item] } } } });
  expect(diff(emptyView, viewOf(wanted)).map(describeChange)).toEqual([
    'add IPv4 forwarding from (the device with 192.168.66.4)',
  ]);
});

test('rules are written as nft reads them', () => {
  const match = [
    { left: 'iifname', op: '==', right: ['wg0', 'wg1'] },
    { left: 'ip daddr', op: '!=', right: '@net4' },
  ] as const;
  const rule = {
    match: match.map((m) => ({
      ...m,
      right: typeof m.right === 'string' ? m.right : [...m.right],
    })),
  };
  expect(writeRule({ ...rule, counter: 'deny', verdict: 'drop' })).toBe(
    'iifname == { "wg0", "wg1" } ip daddr != @net4 counter name "deny" drop',
  );
  expect(writeRule({ match: [], vmap: { left: 'ip daddr', map: 'guard4' } })).toBe(
    'ip daddr vmap @guard4',
  );
});

test('an element has one spelling', () => {
  expect(canonicalElement('10.0.0.1/32', 'ipv4_addr')).toBe('10.0.0.1');
  expect(canonicalElement('10.0.0.0-10.0.0.255', 'ipv4_addr')).toBe('10.0.0.0/24');
  expect(canonicalElement('10.0.0.1-10.0.0.9', 'ipv4_addr')).toBe('10.0.0.1-10.0.0.9');
  expect(canonicalElement('fd00::1/128', 'ipv6_addr')).toBe('fd00::1');
  expect(canonicalElement('6 . 22', 'inet_proto . inet_service')).toBe('tcp . 22');
});

test('an unreachable route has no device, is told by its prefix, and interrupts nothing when it goes', () => {
  const metric = unreachableMetric('net');
  const route: Route = { type: 'unreachable', prefix: '10.0.0.0/8', table: 254, metric };
  const there = viewOf(state({ namespaces: { root: { routes: { v: 1, items: [route] } } } }));
  expect([...itemsOf(there, 'root', 'routes').values()]).toEqual([{ ...route, device: '' }]);
  expect(diff(emptyView, there).map(describeChange)).toEqual(['add unreachable route 10.0.0.0/8']);
  expect(diff(there, emptyView)).toMatchObject([{ kind: 'remove', impact: 'none' }]);
});

test('unreachable routes of two networks differ by their metric, and lose to all others', () => {
  const metrics = ['net', 'other', ''].map(unreachableMetric);
  expect(new Set(metrics).size).toBe(3);
  for (const metric of metrics) {
    expect(metric).toBeGreaterThanOrEqual(0xf0000000);
    expect(metric).toBeLessThan(2 ** 32);
  }
});
