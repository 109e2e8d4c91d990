import { expect, test } from 'vitest';
import { loadNetwork } from '#spec';
import { emptyFacts } from '../inputs.ts';
import { assumeKeys, link } from '../link.ts';
import { segmentExpectations } from './segment-flows.ts';
import { unnamedFlows } from './unnamed.ts';

const file = `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  a:
    gateways: { a-gw: { endpoint: "192.0.2.1:51820" } }
    hosts: { a-1: { segment: lab, address: 10.9.0.11, mac: "02:00:00:00:00:01" } }
  b:
    gateways: { b-gw: { endpoint: "192.0.2.2:51820" } }
    hosts: { b-1: { segment: lab, address: 10.9.0.101, mac: "02:00:00:00:00:02" } }
members: { m: { hub: a, segment: lab } }
segments:
  lab:
    vni: 7
    subnet: 10.9.0.0/24
    router: 10.9.0.1
    dns: [10.9.0.10]
    pool: 10.9.0.5-10.9.0.5
    sites:
      a: { pool: 10.9.0.11-10.9.0.99, port: eth1, dhcp: { address: 10.9.0.10 } }
      b: { pool: 10.9.0.101-10.9.0.199, port: eth1, dhcp: { by: cloud } }
routers:
  out:
    site: a
    segments: [lab]
    uplink: { address: 10.5.0.2/24, via: 10.5.0.1 }
    egress:
      - 10.254.0.1/32
      - 10.253.0.0/24
      - { to: 10.252.0.1/32, ports: [udp/53, tcp/53] }
      - { to: proxy.example.org, ports: [tcp/3128] }
`;

function modelOf(text: string) {
  const { network, diagnostics } = loadNetwork('hawser.yaml', { read: () => text, glob: () => [] });
  if (!network) throw new Error(JSON.stringify(diagnostics));
  return link({ ...assumeKeys(network, emptyFacts), network, epoch: 'test', rev: 1 });
}

/** All parts, one after the other as they are asked for. */
function partsOf(text: string, choice: { from?: string; to?: readonly string[] } = {}) {
  const model = modelOf(text);
  const one = (after: number) => segmentExpectations(model, { segment: 'lab', ...choice, after });
  const { all, untried } = one(0);
  const parts = Array.from({ length: all }, (_, i) => one(i).part);
  return { parts: parts.flatMap((part) => part ?? []), untried };
}

test('whoever of ours has an address speaks for himself, and each gateway asks on its own port', () => {
  const { parts } = partsOf(file);
  expect(parts.map(({ machine, from, space }) => `${machine} ${from} ${space ?? ''}`)).toEqual([
    'a-gw a-gw hw-net-lab',
    'b-gw b-gw hw-net-lab',
    'a-gw DHCP server of a hw-net-lab',
    'a-gw out hw-net-out',
    'm m ',
  ]);
  expect(parts.map(({ stations }) => stations.map(({ to }) => to))).toEqual([
    ['a-1'],
    ['b-1'],
    [],
    [],
    [],
  ]);
});

test('a DHCP server only pings, since it hears nothing else; a router and a member try all', () => {
  const { parts } = partsOf(file);
  const protocols = (from: string) =>
    new Set(
      parts.find((part) => part.from === from)?.flows.map(({ port: { protocol } }) => protocol),
    );
  expect(protocols('DHCP server of a')).toEqual(new Set(['icmp']));
  expect(protocols('out')).toEqual(new Set(['icmp', 'tcp']));
  expect(protocols('m')).toEqual(new Set(['icmp', 'tcp']));
});

test('the largest packet is of the way from site to site, and of no other', () => {
  const server = partsOf(file).parts.find(({ from }) => from.startsWith('DHCP'));
  expect(server?.flows.map(({ to, mtu }) => `${to} ${mtu !== undefined}`).sort()).toEqual(
    ['a-1 false', 'b-1 true', 'm true', 'out false'].sort(),
  );
});

test('a server is asked for all names where it is, and for one from afar', () => {
  const names = partsOf(file).parts.map(({ from, names: all }) => `${from} ${all.length}`);
  expect(names).toEqual(['a-gw 0', 'b-gw 0', 'DHCP server of a 3', 'out 1', 'm 1']);
});

test('nothing is sent to anybody outside whom the list of a router does not name', () => {
  const { parts, untried } = partsOf(file);
  expect(parts.flatMap(({ leaving }) => leaving)).toMatchObject([
    { address: '10.254.0.1', isAny: true },
    { address: '10.252.0.1', port: { protocol: 'tcp', first: 53 } },
    { host: 'proxy.example.org', port: { protocol: 'tcp', first: 3128 }, isAny: false },
  ]);
  const whats = untried.map(({ what }) => what);
  for (const what of [
    '10.253.0.0/24 by router out',
    '10.252.0.1/32 udp by router out',
    'what goes by UDP, but for names and DHCP',
    'from b to the other sites',
    'DHCP at b',
  ]) {
    expect(whats).toContain(what);
  }
  expect(whats).not.toContain('proxy.example.org by router out');
});

test('whoever no file names is looked for on the port of each site, and pinged from the others', () => {
  const { parts } = partsOf(file);
  const space = 'hw-net-lab';
  const atA = { site: 'a', machine: 'a-gw', space };
  const atB = { site: 'b', machine: 'b-gw', space };
  expect(parts.map(({ from, unnamed }) => [from, unnamed])).toEqual([
    ['a-gw', [atA]],
    ['b-gw', [atB]],
    ['DHCP server of a', [atB]],
    ['out', [atB]],
    ['m', []],
  ]);
  const one = partsOf(file, { to: ['b-1'] }).parts;
  expect(one.flatMap(({ unnamed }) => unnamed)).toEqual([]);
});

test('of addresses that gateways know those are left out that the file has, and the policy says who may ping the others', () => {
  const addresses = ['10.9.0.1', '10.9.0.10', '10.9.0.11', '10.9.0.105', 'fd09::7'];
  const flowsIn = (text: string, from?: string) =>
    unnamedFlows(modelOf(text), { segment: 'lab', from, addresses });
  const some = ['10.9.0.105', 'fd09::7'];
  expect(flowsIn(file)).toEqual({ addresses: some, flows: [] });
  const flows = (text: string) =>
    flowsIn(text, 'out').flows.map(({ source, to, verdict }) => [source, to, verdict].join(' '));
  expect(flows(file)).toEqual(['10.9.0.1 10.9.0.105 allow']);
  const policy = (rule: string): string => `${file}policy: [${rule}]\n`;
  const refused = ['10.9.0.1 10.9.0.105 deny'];
  expect(flows(policy('{ from: [a-1], to: [b-1] }'))).toEqual(refused);
  const byPort = '{ from: [out], to: ["segment:lab"], ports: [tcp/22] }';
  expect(flows(policy(byPort))).toEqual(refused);
  const all = '{ from: [out], to: ["segment:lab"] }';
  expect(flows(policy(all))).toEqual(['10.9.0.1 10.9.0.105 allow']);
});

test('a router asks the DHCP server of ours at its site for all but an address; without one nobody does', () => {
  const asked = partsOf(file).parts.flatMap(({ from, dhcp }) =>
    dhcp.map((one) => ({ from, ...one })),
  );
  expect(asked).toMatchObject([
    { from: 'out', to: 'DHCP server of a', server: '10.9.0.10', address: '10.9.0.1' },
  ]);
  const whats = (text: string) => partsOf(text).untried.map(({ what }) => what);
  expect(whats(file)).not.toContain('DHCP at a');
  const alone = file.slice(0, file.indexOf('routers:')).replace('router: 10.9.0.1', '');
  expect(partsOf(alone).parts.flatMap(({ dhcp }) => dhcp)).toEqual([]);
  expect(whats(alone)).toContain('DHCP at a');
});

test('from one machine, or to one, less is tried', () => {
  expect(partsOf(file, { from: 'b-gw' }).parts.map(({ from }) => from)).toEqual(['b-gw']);
  const { parts } = partsOf(file, { to: ['b-1'] });
  expect(new Set(parts.flatMap(({ flows }) => flows.map(({ to }) => to)))).toEqual(
    new Set(['b-1']),
  );
  expect(parts.some(({ isLookedAt, leaving }) => isLookedAt || leaving.length > 0)).toBe(false);
});

test('of a site with very many machines some are tried, and the others are said not to be', () => {
  const many = file.replace(
    'a-1: { segment: lab, address: 10.9.0.11, mac: "02:00:00:00:00:01" }',
    Array.from(
      { length: 60 },
      (_, i) =>
        `a-${i}: { segment: lab, address: 10.9.0.${11 + i}, mac: "02:00:00:00:01:${(10 + i).toString(16).padStart(2, '0')}" }`,
    ).join(', '),
  );
  const { parts, untried } = partsOf(many);
  expect(parts[0]?.stations).toHaveLength(50);
  expect(untried.map(({ what }) => what)).toContain('10 more machines at a');
});
