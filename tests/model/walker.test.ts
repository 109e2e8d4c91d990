import { expect, test } from 'vitest';
import type { NftTable } from '#state';
import type { Sketch } from './states.ts';
import { draft, filter, gatewayA, gatewayB, hostRoutes, twoSites, worldOf } from './two-sites.ts';
import { goOn, type Question, type World, walk } from './walker.ts';
import { Terrain } from './world.ts';

const ssh: Question = {
  from: 'host-a',
  destination: '192.168.77.11',
  protocol: 'tcp',
  port: 22,
};
const ping: Question = { from: 'host-a', destination: '192.168.77.11', protocol: 'icmp' };
const way = (world: World, question: Question) => walk(world, question).hops.map((h) => h.machine);

test('a ping from host to host passes both gateways and comes back the same way', () => {
  const result = walk(twoSites(), ping);
  expect(result.verdict).toBe('allow');
  expect(result.hops.map((h) => [h.machine, h.interface, h.peer])).toEqual([
    ['host-a', 'lan', undefined],
    ['gw-a', 'wg0', 'gw-b'],
    ['gw-b', 'lan', undefined],
    ['host-b', undefined, undefined],
  ]);
  expect(result.back.map((h) => h.machine)).toEqual(['host-b', 'gw-b', 'gw-a', 'host-a']);
  expect(result.mtu).toBe(1420);
  expect(result.silent).toEqual([]);
});

test('a gateway speaks from its overlay address, a host from its own', () => {
  const fromGateway = walk(twoSites(), { ...ping, from: 'gw-a' });
  expect(fromGateway.hops[0]?.source).toBe('10.0.0.1');
  expect(fromGateway.verdict).toBe('allow');
  expect(walk(twoSites(), ping).hops[0]?.source).toBe('192.168.66.11');
});

test('a route may name the source', () => {
  const routes = [{ prefix: '192.168.77.0/24', device: 'wg0', source: '192.168.66.4' }];
  const world = worldOf([{ ...gatewayA, routes }, gatewayB]);
  expect(walk(world, { ...ping, from: 'gw-a' }).hops[0]?.source).toBe('192.168.66.4');
});

test('a port the filter does not name is refused at the counter of the rule', () => {
  const result = walk(twoSites(), { ...ssh, port: 23 });
  expect(result.verdict).toBe('deny');
  expect(result.deniedBy).toEqual({ machine: 'gw-b', counter: 'deny' });
  expect(result.counted).toEqual([{ machine: 'gw-b', counter: 'deny' }]);
});

test('a port the filter names passes and its rule counts it', () => {
  const result = walk(twoSites(), ssh);
  expect(result.verdict).toBe('allow');
  expect(result.counted[0]).toEqual({ machine: 'gw-b', counter: 'rule-ssh' });
});

test('the filter asks who began: the answer of a denied service passes', () => {
  const question: Question = { ...ssh, from: 'host-b', destination: '192.168.66.11', port: 8080 };
  expect(walk(twoSites(), question).verdict).toBe('allow');
});

test('hosts on one LAN reach each other past all machines of ours', () => {
  const two = {
    ...draft,
    sites: {
      ...draft.sites,
      a: {
        ...draft.sites['a'],
        subnets: ['192.168.66.0/24'],
        hosts: { 'host-a': { address: ['192.168.66.11'] }, other: { address: ['192.168.66.12'] } },
      },
    },
  };
  const world = worldOf([gatewayA, gatewayB], two);
  expect(way(world, { ...ping, destination: '192.168.66.12' })).toEqual(['host-a', 'other']);
});

interface Break {
  readonly name: string;
  readonly a?: Partial<Sketch>;
  readonly b?: Partial<Sketch>;
  readonly routes?: Partial<typeof hostRoutes>;
  readonly verdict: 'deny' | 'unreachable';
  readonly says: RegExp;
}

const peer = (sketch: Sketch, name: string, change: object): Partial<Sketch> => {
  const old = sketch.peers?.[name];
  if (!old) throw new Error(`no peer ${name}`);
  return { peers: { ...sketch.peers, [name]: { ...old, ...change } } };
};

const dropAll = (hook: string): Partial<Sketch> => ({
  nft: [
    {
      ...filter,
      maps: [],
      chains: [
        { name: hook, hook: { type: 'filter', hook, priority: 0, policy: 'drop' }, rules: [] },
      ],
    },
  ],
});

const breaks: Break[] = [
  {
    name: 'the sender has no allowed IPs for the target',
    a: peer(gatewayA, 'gw-b', { allowed: ['10.0.0.2/32'] }),
    verdict: 'unreachable',
    says: /no peer for 192\.168\.77\.11 \(ENOKEY\)/,
  },
  {
    name: 'the receiver does not allow the source',
    b: peer(gatewayB, 'gw-a', { allowed: ['10.0.0.1/32', '192.168.66.0/29'] }),
    verdict: 'unreachable',
    says: /gw-b does not allow 192\.168\.66\.11 from gw-a/,
  },
  {
    name: 'the peer has a key that nobody holds',
    a: peer(gatewayA, 'gw-b', { key: 'stranger' }),
    verdict: 'unreachable',
    says: /nobody holds the key/,
  },
  {
    name: 'the receiver knows another key of the sender',
    b: peer(gatewayB, 'gw-a', { key: 'stranger' }),
    verdict: 'unreachable',
    says: /gw-b does not know gw-a/,
  },
  {
    name: 'the tunnel of the receiver does not forward',
    b: { forwards: ['192.168.77.4'] },
    verdict: 'unreachable',
    says: /gw-b does not forward what comes in by wg0/,
  },
  {
    name: 'the LAN of the sender does not forward',
    a: { forwards: ['wg0'] },
    verdict: 'unreachable',
    says: /gw-a does not forward what comes in by lan/,
  },
  {
    name: 'the LAN of the receiver does not forward the answer',
    b: { forwards: ['wg0'] },
    verdict: 'unreachable',
    says: /gw-b does not forward what comes in by lan/,
  },
  {
    name: 'the gateway has no route into the tunnel',
    a: { routes: [] },
    verdict: 'unreachable',
    says: /a router has no route/,
  },
  {
    name: 'the far gateway has no route for the answer',
    b: { routes: [{ prefix: '10.0.0.1/32', device: 'wg0' }] },
    verdict: 'unreachable',
    says: /b router has no route to 192\.168\.66\.11/,
  },
  {
    name: 'the host has no route to the gateway',
    routes: { 'host-a': [] },
    verdict: 'unreachable',
    says: /a router has no route to 192\.168\.77\.11/,
  },
  {
    name: 'the far host has no route back',
    routes: { 'host-b': [] },
    verdict: 'unreachable',
    says: /b router has no route to 192\.168\.66\.11/,
  },
  {
    name: 'the endpoint is somebody else',
    a: peer(gatewayA, 'gw-b', { endpoint: '198.51.100.21:51820' }),
    verdict: 'unreachable',
    says: /is not where gw-b listens/,
  },
  {
    name: 'the endpoint has another port',
    a: peer(gatewayA, 'gw-b', { endpoint: '198.51.100.20:51821' }),
    verdict: 'unreachable',
    says: /is not where gw-b listens/,
  },
  {
    name: 'the endpoint lies in a prefix that leads into the tunnel',
    a: {
      routes: [
        { prefix: '192.168.77.0/24', device: 'wg0' },
        { prefix: '198.51.100.0/24', device: 'wg0' },
      ],
    },
    verdict: 'unreachable',
    says: /routes the endpoint 198\.51\.100\.20:51820 into a tunnel/,
  },
  {
    name: 'the far host has no address the packet asks for',
    routes: { 'host-a': [{ prefix: '0.0.0.0/0', via: '192.168.66.5', table: 254 }] },
    verdict: 'unreachable',
    says: /nobody in a answers for 192\.168\.66\.5/,
  },
  {
    name: 'a filter drops all that is forwarded',
    b: dropAll('forward'),
    verdict: 'deny',
    says: /policy of forward/,
  },
  {
    name: 'a filter drops all that leaves',
    b: dropAll('postrouting'),
    verdict: 'deny',
    says: /policy/,
  },
  {
    name: 'a filter drops the packets of WireGuard itself',
    b: dropAll('input'),
    verdict: 'unreachable',
    says: /filters of gw-b stop WireGuard's own packets/,
  },
];

test.each(breaks)('it sees when $name', ({ a, b, routes, verdict, says }) => {
  const broken = { ...hostRoutes, ...routes };
  const world = worldOf(
    [
      { ...gatewayA, ...a },
      { ...gatewayB, ...b },
    ],
    draft,
    broken,
  );
  const result = walk(world, ping);
  expect(result.reason).toMatch(says);
  expect(result.verdict).toBe(verdict);
});

test('two machines that both wait to be spoken to never meet', () => {
  const a = peer(gatewayA, 'gw-b', { endpoint: undefined });
  const b = peer(gatewayB, 'gw-a', { endpoint: undefined });
  const result = walk(
    worldOf([
      { ...gatewayA, ...a },
      { ...gatewayB, ...b },
    ]),
    ping,
  );
  expect(result.verdict).toBe('unreachable');
  expect(result.reason).toMatch(/never speaks first/);
});

test('a machine behind NAT is reached only while it keeps its hole open', () => {
  const away = peer(gatewayA, 'gw-b', { endpoint: undefined });
  const lazy = worldOf([{ ...gatewayA, ...away }, gatewayB]);
  expect(walk(lazy, ping).verdict).toBe('unreachable');
  const awake = peer(gatewayB, 'gw-a', { keepalive: 25 });
  expect(
    walk(
      worldOf([
        { ...gatewayA, ...away },
        { ...gatewayB, ...awake },
      ]),
      ping,
    ).verdict,
  ).toBe('allow');
});

test('a mark and a rule keep the outer packets out of the tunnel', () => {
  const routes = [{ prefix: '0.0.0.0/0', device: 'wg0', table: 77 }];
  const rules = [{ family: 4 as const, priority: 100, not: true, fwmark: 7, table: 77 }];
  const everything = peer(gatewayA, 'gw-b', { allowed: ['0.0.0.0/0'] });
  const unmarked = { ...gatewayA, ...everything, routes, rules };
  const question = { ...ping, from: 'gw-a' };
  expect(walk(worldOf([unmarked, gatewayB]), question).reason).toMatch(/into a tunnel/);
  expect(walk(worldOf([{ ...unmarked, fwmark: 7 }, gatewayB]), question).verdict).toBe('allow');
});

test('two gateways that send each other the same prefix make a loop, and it ends', () => {
  const lost = { allowed: ['10.0.0.0/24', '192.168.0.0/16'] };
  const routes = [{ prefix: '192.168.99.0/24', device: 'wg0' }];
  const a = { ...gatewayA, ...peer(gatewayA, 'gw-b', lost), routes };
  const b = { ...gatewayB, ...peer(gatewayB, 'gw-a', lost), routes, nft: [] };
  const result = walk(worldOf([a, b]), { ...ping, from: 'gw-a', destination: '192.168.99.1' });
  expect(result.verdict).toBe('unreachable');
  expect(result.reason).toMatch(/loop/);
});

/** A second gateway of site b, through which host-b sends its answers. */
function asymmetric(strict: boolean): World {
  const b = {
    ...draft.sites['b'],
    subnets: ['192.168.77.0/24'],
    gateways: {
      'gw-b': { endpoint: '198.51.100.20:51820', address: ['192.168.77.4'] },
      'gw-d': { endpoint: '198.51.100.21:51820', address: ['192.168.77.5'] },
    },
  };
  const invalid = {
    match: [{ left: 'ct state', op: '==' as const, right: 'invalid' }],
    verdict: 'drop',
  };
  const hook = { type: 'filter', hook: 'forward', priority: 0, policy: 'accept' };
  const chains = [{ name: 'strict', hook, rules: [invalid] }];
  const second: Sketch = {
    ...gatewayB,
    name: 'gw-d',
    overlay: ['10.0.0.4'],
    forwards: ['wg0', '192.168.77.5'],
    nft: strict ? [{ ...filter, maps: [], chains }] : [],
  };
  const known = { endpoint: '198.51.100.21:51820', allowed: ['10.0.0.4/32'] };
  const a = { ...gatewayA, peers: { ...gatewayA.peers, 'gw-d': known } };
  const other = hostRoutes['host-b'].map((route) => ({ ...route, via: '192.168.77.5' }));
  const sites = { ...draft.sites, b };
  return worldOf([a, gatewayB, second], { ...draft, sites }, { ...hostRoutes, 'host-b': other });
}

test('an answer that takes another way fails at who never saw the question', () => {
  const result = walk(asymmetric(true), ping);
  expect(result.deniedBy).toEqual({ machine: 'gw-d' });
  expect(result.back.map((h) => h.machine)).toEqual(['host-b', 'gw-d']);
});

test('an answer from a peer that may not carry its source is dropped', () => {
  const result = walk(asymmetric(false), ping);
  expect(result.verdict).toBe('unreachable');
  expect(result.reason).toMatch(/gw-a does not allow 192\.168\.77\.11 from gw-d/);
});

test('a large packet is seen where the networks beneath the tunnel are smaller', () => {
  const narrow = { ...draft, sites: { ...draft.sites, b: { ...draft.sites['b'], mtu: 1450 } } };
  const wide = worldOf([gatewayA, gatewayB], narrow as typeof draft);
  expect(walk(wide, ping).tooLarge).toEqual(['gw-a', 'gw-b']);
  const right = worldOf(
    [
      { ...gatewayA, mtu: 1390 },
      { ...gatewayB, mtu: 1390 },
    ],
    narrow as typeof draft,
  );
  expect(walk(right, ping)).toMatchObject({ tooLarge: [], mtu: 1390 });
});

test('a flow lives on under a filter that trusts established flows, and ends under one that asks again', () => {
  const under = (table: NftTable): Terrain =>
    new Terrain(worldOf([gatewayA, { ...gatewayB, nft: [table] }]));
  const without = (name: string): NftTable => ({
    ...filter,
    chains: filter.chains.map((chain) => (chain.name === name ? { ...chain, rules: [] } : chain)),
  });
  const trusting = without('ports');
  const established = {
    match: [{ left: 'ct state', op: '==' as const, right: 'established' }],
    verdict: 'accept',
  };
  const [forward, ...others] = trusting.chains;
  const first = {
    ...forward,
    rules: [established, ...(forward?.rules ?? [])],
  } as NftTable['chains'][number];
  const before = under(filter);
  expect(goOn(before, before, ssh).verdict).toBe('allow');
  expect(goOn(before, under(trusting), ssh)).toMatchObject({
    verdict: 'deny',
    deniedBy: { counter: 'deny' },
  });
  expect(goOn(before, under({ ...trusting, chains: [first, ...others] }), ssh).verdict).toBe(
    'allow',
  );
  expect(walk(worldOf([gatewayA, { ...gatewayB, nft: [trusting] }]), ssh).verdict).toBe('deny');
});
