import { expect, test } from 'vitest';
import { Prefix, PrefixSet } from '#ip';
import { loadNetwork } from '#spec';
import { affected } from '../../affected.ts';
import { emptyFacts } from '../../inputs.ts';
import { assumeKeys, link } from '../../link.ts';
import { linked } from '../../testing.ts';
import { project } from '../project.ts';

const file = (egress: string, more = '') => `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  a: { gateways: { ga: { endpoint: 192.0.2.1:51820, overlay: 10.0.0.1 }, spare: { overlay: 10.0.0.9 } } }
  b: { gateways: { gb: { endpoint: 192.0.2.2:51820, overlay: 10.0.0.2 } } }
  c: { gateways: { gc: { endpoint: 192.0.2.3:51820, overlay: 10.0.0.3 } } }
segments:
  lab:
    vni: 7
    subnet: 10.9.0.0/24
    router: 10.9.0.1
    sites: { a: { pool: 10.9.0.2-10.9.0.99, port: eth1 }, b: { pool: 10.9.0.130-10.9.0.199, port: ens4 } }
routers:
  a-rather-long-name:
    site: a
    segments: [lab]
    uplink: { address: 10.5.0.2/24, via: 10.5.0.1 }
    egress: [${egress}]${more}
`;
const space = 'hw-net-a-rather-long-name';
const of = (text: string) => project(linked(text), 'ga').namespaces[space];

test('a router is at the first gateway of its site, with a pair to the gateway and one into each segment', () => {
  const model = linked(file('10.254.0.1/32'));
  const spaces = ['ga', 'gb', 'gc', 'spare'].map((name) =>
    Object.keys(project(model, name).namespaces).includes(space),
  );
  expect(spaces).toEqual([true, false, false, false]);
  const pairs = project(model, 'ga').namespaces[space]?.veths?.items ?? [];
  expect(pairs.map(({ name, peer }) => [name, peer])).toEqual([
    ['uplink', { namespace: 'root', name: pairs[0]?.peer.name, addresses: ['10.5.0.1/24'] }],
    ['vni7', { namespace: 'hw-net-lab', name: 'router', bridge: 'bridge', addresses: [] }],
  ]);
  expect(pairs[0]?.peer.name).toMatch(/^out-.{1,11}$/);
});

test('it is found from the other site, behind the gateway of its own', () => {
  const model = linked(file(''));
  const mac = project(model, 'ga').namespaces[space]?.veths?.items[1]?.mac;
  const far = project(model, 'gb').namespaces['hw-net-lab'];
  expect(far?.fdb?.items).toEqual([{ device: 'vxlan', mac, to: '10.0.0.1' }]);
  expect(far?.neighbours?.items).toEqual([{ device: 'bridge', address: '10.9.0.1', mac }]);
});

test('it has routes to what is on the list alone, and none by default', () => {
  const { routes } =
    of(file('10.254.0.1/32, { to: 130.238.7.10, ports: [tcp/53] }, 10.5.0.77')) ?? {};
  expect(routes?.items.map(({ prefix, via }) => [prefix, via])).toEqual([
    ['10.254.0.1/32', '10.5.0.1'],
    ['130.238.7.10/32', '10.5.0.1'],
  ]);
});

test('all of the internet is a default route, and what is inside the network is no part of it', () => {
  const { network } = loadNetwork('hawser.yaml', {
    read: () => file('{ internet: true }'),
    glob: () => [],
  });
  if (!network) throw new Error('it is a warning alone');
  const model = link({ ...assumeKeys(network, emptyFacts), network, epoch: 'test', rev: 1 });
  const { routes, nft } = project(model, 'ga').namespaces[space] ?? {};
  expect(routes?.items.map(({ prefix }) => prefix)).toEqual(['0.0.0.0/0']);
  const [inside] = nft?.items[0]?.sets ?? [];
  // Nor what is of a link: a cloud tells the gateway its secrets at 169.254.169.254.
  const link4 = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'];
  const elements = [...link4, '10.0.0.0/24', '10.9.0.0/24'];
  expect(inside).toMatchObject({ name: 'inside4' });
  expect(inside?.elements.toSorted()).toEqual(elements.toSorted());
  const passes = nft?.items[0]?.chains.find(({ name }) => name === 'forward')?.rules ?? [];
  expect(passes.find(({ counter }) => counter === 'to-internet')?.match).toEqual([
    { left: 'ct original ip daddr', op: '!=', right: '@inside4' },
  ]);
});

test('a wide range leads to nothing that is of a link', () => {
  const [reach] = of(file('160.0.0.0/4'))?.nft?.items[0]?.sets ?? [];
  expect(reach?.name).toBe('reach4');
  const reached = PrefixSet.of((reach?.elements ?? []).map((text) => Prefix.parse(text)));
  const has = (text: string): boolean => reached.contains(Prefix.parse(text));
  expect(['169.253.0.0/16', '169.255.0.0/16'].map(has)).toEqual([true, true]);
  expect(['169.254.169.254/32', '169.254.0.0/16'].map(has)).toEqual([false, false]);
});

test('a wide range leads to nothing that is of a link, beside all of the internet either', () => {
  const { network } = loadNetwork('hawser.yaml', {
    read: () => file('160.0.0.0/4, { internet: true }'),
    glob: () => [],
  });
  if (!network) throw new Error('it is a warning alone');
  const model = link({ ...assumeKeys(network, emptyFacts), network, epoch: 'test', rev: 1 });
  const rules = project(model, 'ga').namespaces[space]?.nft?.items[0]?.chains.flatMap(
    (chain) => chain.rules,
  );
  const [match] = rules?.find(({ counter }) => counter === 'to-160.0.0.0_4')?.match ?? [];
  const let4 = PrefixSet.of([match?.right ?? []].flat().map((text) => Prefix.parse(text)));
  expect(let4.contains(Prefix.parse('169.253.0.0/16'))).toBe(true);
  expect(let4.contains(Prefix.parse('169.254.169.254/32'))).toBe(false);
});

test('a name has sets that the agent fills, and no rule names an address', () => {
  const { nft, lookups, routes, rules, sysctls } =
    of(file('{ to: Proxy.Example.org., ports: [tcp/3128] }')) ?? {};
  expect(lookups?.items).toEqual([
    {
      host: 'proxy.example.org',
      table: 'hawser-net',
      v4: 'at-proxy.example.org-v4',
      never: ['10.0.0.0/24', '10.5.0.0/24', '10.9.0.0/24'],
    },
  ]);
  const set = nft?.items[0]?.sets.find(({ name }) => name === 'at-proxy.example.org-v4');
  expect(set).toMatchObject({ interval: false, elements: [] });
  // By a table of routes of its own, for what the filter marks: there is still no default route.
  expect(routes?.items.map(({ prefix, table }) => [prefix, table])).toEqual([['0.0.0.0/0', 100]]);
  expect(rules?.items).toMatchObject([{ fwmark: 1, table: 100 }]);
  expect(sysctls?.items).toContainEqual({ key: 'net.ipv4.conf.all.rp_filter', value: '0' });
  expect(of(file('10.254.0.1/32'))).not.toHaveProperty('lookups');
});

test.each([
  ['a name', file('10.254.0.1/32, proxy.example.org'), ['ga']],
  ['another entry', file('10.254.0.2/32'), ['ga']],
  ['another port', file('{ to: 10.254.0.1/32, ports: [tcp/1] }'), ['ga']],
  ['a forward', file('10.254.0.1/32', '\n    forwards: [{ port: tcp/1, to: 10.9.0.5 }]'), ['ga']],
  ['no translation', file('10.254.0.1/32', '\n    snat: false'), ['ga']],
  ['another end', file('10.254.0.1/32').replaceAll('10.5.0', '10.6.0'), ['ga']],
  [
    'another address inside',
    file('10.254.0.1/32').replace('10.9.0.1\n', '10.9.0.100\n'),
    ['ga', 'gb'],
  ],
  ['another name', file('10.254.0.1/32').replace('a-rather-long-name', 'gw'), ['ga', 'gb']],
])('%s concerns those whose states differ', (_, after, names) => {
  expect(affected(linked(file('10.254.0.1/32')), linked(after))).toEqual(names);
});
