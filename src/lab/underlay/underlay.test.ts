import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Address, Prefix } from '#ip';
import { loadNetwork, type Network } from '#spec';
import { freeze, thaw } from '../freeze.ts';
import { underlayDifference } from './compare.ts';
import { internet, type NetNs, type Underlay } from './plan.ts';
import { renderUnderlay } from './render.ts';
import { serverName } from './server.ts';
import { underlayOf } from './underlay.ts';

function networkOf(yaml: string): Network {
  const { network, diagnostics } = loadNetwork('x.yaml', { read: () => yaml, glob: () => [] });
  if (!network) throw new Error(JSON.stringify(diagnostics));
  return network;
}

const examples = globSync('examples/*.yaml').map((file) => [file, readFileSync(file, 'utf8')]);

const ns = (underlay: Underlay, name: string): NetNs => {
  const found = underlay.namespaces.find((other) => other.name === name);
  if (!found) throw new Error(`no namespace ${name}`);
  return found;
};

const addressesIn = ({ interfaces }: NetNs): readonly string[] =>
  interfaces.flatMap((one) => one.addresses);

const twoSites = (more = '') => `
version: 1
network: n
overlay: 10.0.0.0/24
sites:
  a:
    subnets: [192.168.1.0/24]
    gateways: { gw-a: { endpoint: 203.0.113.1:51820, address: 192.168.1.1 } }
    hosts: { h-a: { address: 192.168.1.9 } }
  b:
    subnets: [192.168.2.0/24]
    mtu: 1450
    gateways: { gw-b: { endpoint: "vpn.b.example:4500", address: 192.168.2.1 } }
${more}`;

test.each(examples)(
  '%s: the internet routes single public addresses and nothing else',
  (_, yaml) => {
    const { routes } = ns(underlayOf(networkOf(yaml)), internet);
    const inside = networkOf(yaml).sites.flatMap((site) =>
      site.subnets.map((subnet) => subnet.local),
    );
    for (const { prefix } of routes) {
      const { isSingle, first } = Prefix.parse(prefix);
      expect(isSingle).toBe(true);
      expect(inside.some((subnet) => subnet.contains(first))).toBe(false);
    }
  },
);

test.each(examples)('%s: no address stands twice on one LAN, device names fit', (_, yaml) => {
  const underlay = underlayOf(networkOf(yaml));
  for (const { ends } of underlay.cables) {
    for (const { device } of ends) expect(device.length).toBeLessThan(16);
  }
  const places = underlay.cables.flatMap(({ ends }) =>
    ends.map((e) => `${e.namespace} ${e.device}`),
  );
  expect(new Set(places).size).toBe(places.length);
  for (const site of networkOf(yaml).sites) {
    const here = underlay.stations.filter((s) => s.unit === site.name && s.kind !== 'pod');
    const all = [`router.${site.name}`, ...here.map((s) => s.name)].flatMap((name) =>
      addressesIn(ns(underlay, name)).filter((a) => !a.startsWith('fe80:')),
    );
    expect(new Set(all).size).toBe(all.length);
  }
});

test('a shuffled file gives the same underlay', () => {
  const [head, tail] = twoSites().split('  b:\n') as [string, string];
  const [before, a] = head.split('  a:\n') as [string, string];
  const shuffled = `${before}  b:\n${tail}  a:\n${a}`;
  expect(underlayOf(networkOf(shuffled))).toEqual(underlayOf(networkOf(twoSites())));
});

test("the router takes an address of the LAN that the file's machines leave free", () => {
  const underlay = underlayOf(networkOf(twoSites()));
  expect(addressesIn(ns(underlay, 'router.a'))).toContain('192.168.1.2/24');
  const routes = ns(underlay, 'h-a').routes;
  expect(routes).toEqual([{ prefix: '0.0.0.0/0', via: '192.168.1.2', device: 'eth0' }]);
});

test('a floating address leads to the port WireGuard listens on, and back out under its name', () => {
  const yaml = twoSites().replace('203.0.113.1:51820, ', '203.0.113.1:7000, port: 51821, ');
  const { nft } = ns(underlayOf(networkOf(yaml)), 'router.a');
  expect(nft).toContain('ip daddr 203.0.113.1 udp dport 7000 dnat ip to 192.168.1.1:51821');
  expect(nft).toContain('ip saddr 192.168.1.1 udp sport 51821 snat ip to 203.0.113.1:7000');
});

test('an endpoint with a name gets a public address, which the lab resolves', () => {
  const underlay = underlayOf(networkOf(twoSites()));
  const address = underlay.names['vpn.b.example']?.[0] ?? '';
  expect(Address.tryParse(address)?.family).toBe(4);
  expect(ns(underlay, internet).routes.map((r) => r.prefix)).toContain(`${address}/32`);
});

test("a site's MTU holds on its LAN and its uplink", () => {
  const { cables } = underlayOf(networkOf(twoSites()));
  const of = (name: string) =>
    cables.filter((c) => c.ends.some((e) => e.namespace === name)).map((c) => c.mtu);
  expect(new Set(of('router.b'))).toEqual(new Set([1450]));
  expect(new Set(of('router.a'))).toEqual(new Set([1500]));
});

test('members without endpoint sit behind the NAT they say', () => {
  const underlay = underlayOf(
    networkOf(
      twoSites(`
members:
  plain: {}
  strict: { nat: symmetric }
  carried: { nat: cgnat }
`),
    ),
  );
  expect(ns(underlay, 'router.plain').nft).not.toContain('random');
  expect(ns(underlay, 'router.strict').nft).toContain('masquerade random,fully-random');
  const between = addressesIn(ns(underlay, 'carrier.carried')).find((a) => a.startsWith('100.'));
  expect(Prefix.parse('100.64.0.0/10').contains(Address.parse(between?.split('/')[0] ?? ''))).toBe(
    true,
  );
});

test('invented addresses keep out of what the file names', () => {
  const yaml = twoSites('members: { m: {} }')
    .replace('192.168.1.0/24', '192.168.0.0/17')
    .replace('192.168.2.0/24', '192.168.128.0/17')
    .replace('address: 192.168.2.1', 'address: 192.168.128.1');
  const home = addressesIn(ns(underlayOf(networkOf(yaml)), 'm'))[0];
  expect(home).toMatch(/^172\.16\./);
});

test('each pod range has a pod behind its node, and the way to it from its neighbours', () => {
  const yaml = readFileSync('examples/clusters.yaml', 'utf8');
  const network = networkOf(yaml);
  const underlay = underlayOf(network);
  const [node, neighbour] = network.sites[0]?.nodes ?? [];
  const range = `${node?.pods[0]}`;
  expect(underlay.stations.some(({ name }) => name === `pod.${node?.name}`)).toBe(true);
  expect(ns(underlay, neighbour?.name ?? '').routes.map((r) => r.prefix)).toContain(range);
});

test('every namespace of the plan is made, and every cable has both ends in one', () => {
  const underlay = underlayOf(networkOf(twoSites()));
  const script = renderUnderlay(underlay);
  const made = script.namespaces
    .trim()
    .split('\n')
    .map((line) => line.replace('netns add ', ''));
  expect(made.toSorted()).toEqual(
    underlay.namespaces
      .map((n) => n.name)
      .filter((name) => name !== internet)
      .toSorted(),
  );
  const known = new Set([...made, internet]);
  for (const { ends } of underlay.cables) {
    for (const end of ends) expect(known.has(end.namespace)).toBe(true);
  }
});

test.each(examples)('%s: a frozen network thaws as it was', (_, yaml) => {
  const network = networkOf(yaml);
  const thawed = thaw(freeze(network));
  expect(thawed).toEqual(network);
  expect(underlayOf(thawed)).toEqual(underlayOf(network));
});

test.each(examples)('%s: a server is one machine more, and nothing else differs', (_, yaml) => {
  const network = networkOf(yaml);
  const [without, served] = [underlayOf(network), underlayOf(network, 'server')];
  const others = served.stations.filter(({ name }) => name !== 'server');
  expect(others).toEqual(without.stations);
  const server = served.stations.find(({ name }) => name === 'server');
  const known = without.stations.flatMap(({ edge }) => edge.publics.map(String));
  for (const address of server?.addresses ?? []) expect(known).not.toContain(`${address}`);
  expect(server?.addresses.length).toBeGreaterThan(0);
  expect(served.namespaces.length).toBe(without.namespaces.length + 1);
});

test('the machine of a server has a name that the file gives to nothing', () => {
  expect(serverName(networkOf(twoSites()))).toBe('server');
  expect(serverName(networkOf(twoSites().replaceAll('h-a', 'server')))).toBe('hawser-server');
  expect(serverName(networkOf(twoSites('members: { server: {} }')))).toBe('hawser-server');
});

test('machines of a segment ask for their addresses where a server answers, and have them elsewhere', () => {
  const yaml = readFileSync('examples/stretched.yaml', 'utf8');
  const underlay = underlayOf(networkOf(yaml));
  const addressed = (name: string) =>
    underlay.namespaces.find((ns) => ns.name === name)?.interfaces[0]?.addresses;
  const asks = (name: string) => underlay.stations.find((one) => one.name === name)?.asks;
  expect([addressed('knox-1'), asks('knox-1')]).toEqual([[], true]);
  expect([addressed('epouta-1'), asks('epouta-1')]).toEqual([[], true]);
  const silent = underlayOf(networkOf(yaml.replace('by: cloud', 'by: none')));
  expect(silent.stations.find(({ name }) => name === 'epouta-1')?.asks).toBeUndefined();
  expect(addressesIn(ns(silent, 'epouta-1'))).toEqual(['10.101.0.11/16']);
  expect(silent.stations.some(({ kind }) => kind === 'dhcp')).toBe(false);
});

test('the DHCP server of a cloud is a machine on the port’s side of its gateway, with the address that the file says', () => {
  const { cables, stations, namespaces } = underlayOf(
    networkOf(readFileSync('examples/stretched.yaml', 'utf8')),
  );
  const servers = stations.filter(({ kind }) => kind === 'dhcp');
  expect(servers.map(({ name, unit }) => [name, unit])).toEqual([['dhcp.mosler.epouta', 'epouta']]);
  const own = cables.filter(({ ends }) => ends.some((one) => one.namespace === servers[0]?.name));
  const [[port, end] = []] = own.map(({ ends }) => ends);
  expect([own.length, port?.namespace, end?.device]).toEqual([1, 'mosler.epouta', 'eth0']);
  const of = (name = '') => namespaces.find((one) => one.name === name);
  expect(of(servers[0]?.name)?.interfaces.flatMap(({ addresses }) => addresses)).toEqual([
    '10.101.0.3/16',
  ]);
  expect(of('mosler.epouta')?.bridges[0]?.ports).toContain(port?.device);
});

const hostsAt = (site: string, third: number): string =>
  [7, 8]
    .map((net) => {
      const mac = `02:00:00:00:0${third}:0${net}`;
      return `${site}-${net}: { segment: s${net}, address: 10.${net}.0.${third}, mac: "${mac}" }`;
    })
    .join(', ');

/** Two segments with tags on one port of each of two gateways. */
const twoTagged = `
version: 1
network: tagged
overlay: 10.0.0.0/24
sites:
  knox: { gateways: { gw-knox: { endpoint: 203.0.113.10:51820 } }, hosts: { ${hostsAt('knox', 1)} } }
  pouta: { gateways: { gw-pouta: { endpoint: 203.0.113.20:51820 } }, hosts: { ${hostsAt('pouta', 2)} } }
segments:
${[7, 8]
  .map(
    (net) => `  s${net}:
    { vni: ${net}, subnet: 10.${net}.0.0/24, sites: {
      knox: { port: eth1, vlan: ${net}, pool: 10.${net}.0.1-10.${net}.0.1 },
      pouta: { port: eth1, vlan: ${net}, pool: 10.${net}.0.2-10.${net}.0.2 } } }`,
  )
  .join('\n')}
`;

test('segments with tags share the switch of their port, each with a part of its own', () => {
  const underlay = underlayOf(networkOf(twoTagged));
  const at = underlay.namespaces.find(({ name }) => name === 'eth1.knox');
  expect(at?.vlans).toEqual([
    { device: 'v7', parent: 'trunk', tag: 7 },
    { device: 'v8', parent: 'trunk', tag: 8 },
  ]);
  expect(at?.bridges.map(({ device, ports }) => [device, ...ports])).toEqual([
    ['lan7', 'v7', 'p7-0'],
    ['lan8', 'v8', 'p8-0'],
  ]);
  const trunks = underlay.cables.filter(({ ends }) =>
    ends.some(({ namespace, device }) => namespace === 'gw-knox' && device === 'eth1'),
  );
  expect(trunks.map(({ ends: [end] }) => end)).toEqual([
    { namespace: 'eth1.knox', device: 'trunk' },
  ]);
});

test('behind a router is who is on its list, and somebody who is not; its segment goes out by it', () => {
  const { stations, namespaces, names } = underlayOf(
    networkOf(readFileSync('examples/stretched.yaml', 'utf8').replace('by: cloud', 'by: none')),
  );
  const world = stations.find(({ kind }) => kind === 'outside');
  const listed = ['10.254.0.1', '130.238.7.10', 'proxy.example.org'];
  expect(world?.targets?.map(({ name }) => name).slice(0, 3)).toEqual(listed);
  const [, , proxy, stranger] = world?.targets ?? [];
  expect([`${proxy?.address}`]).toEqual(names['proxy.example.org']);
  expect(stranger?.name).toBe(`${stranger?.address}`);
  const routesOf = (name: string) => namespaces.find((one) => one.name === name)?.routes ?? [];
  for (const { address } of world?.targets ?? []) {
    expect(routesOf('knox-gw').map(({ prefix }) => prefix)).toContain(`${address}/32`);
  }
  // What is translated comes back to the uplink's network alone.
  expect(routesOf(world?.name ?? '').map(({ prefix }) => prefix)).toEqual(['10.5.0.0/24']);
  expect(routesOf('epouta-1')).toEqual([
    { prefix: '0.0.0.0/0', via: '10.101.0.1', device: 'eth0' },
  ]);
});

test('a name on the list of a router of both families has an address of each behind it', () => {
  const file = readFileSync('tests/lab/both-families.yaml', 'utf8');
  const { stations, names } = underlayOf(networkOf(file));
  const found = names['proxy.example.org'] ?? [];
  expect(found.map((address) => Address.tryParse(address)?.family)).toEqual([4, 6]);
  const targets = stations.find(({ kind }) => kind === 'outside')?.targets ?? [];
  const named = targets.filter(({ name }) => name === 'proxy.example.org');
  expect(named.map(({ address }) => `${address}`)).toEqual(found);
});

test('a router of others is a namespace of its own, by which its outside is reached', () => {
  const text = readFileSync('examples/stretched.yaml', 'utf8')
    .replace(/uplink: .*/, 'external: true\n    namespace: qrouter-1')
    .replace(/snat: true/, 'snat: false')
    .replaceAll(', as: 10.5.0.2', '');
  const { cables, namespaces, stations } = underlayOf(networkOf(text));
  const world = stations.find(({ kind }) => kind === 'outside');
  const router = namespaces.find(({ name }) => name === 'external.qrouter-1');
  expect(router).toMatchObject({ forwards: true });
  expect(router?.routes.map(({ prefix }) => prefix)).toContain('10.254.0.1/32');
  expect(cables.map(({ ends }) => ends.map(({ namespace }) => namespace))).toContainEqual([
    'external.qrouter-1',
    world?.name,
  ]);
  // Its machines are seen outside by their own addresses.
  const back = namespaces.find(({ name }) => name === world?.name)?.routes ?? [];
  expect(back.map(({ prefix }) => prefix)).toEqual(['10.101.0.0/16']);
});

test('a router in which a tunnel lives has the gateway’s end of the site’s network; without it the gateway does', () => {
  const holding = (tunnel: boolean) =>
    underlayOf(
      networkOf(twoSites(`routers: { tenant: { site: a, external: true, tunnel: ${tunnel} } }`)),
    );
  const { plugs, stations, namespaces } = holding(true);
  const gateway = stations.find(({ kind, unit }) => kind === 'gateway' && unit === 'a');
  expect(plugs).toMatchObject([
    { device: 'site0', home: gateway?.name, router: 'external.tenant', isInRouter: true },
  ]);
  expect(plugs[0]?.addresses.map((one) => one.split('/')[0])).toEqual(
    gateway?.addresses.map(String),
  );
  // Its socket is called by an address of its own.
  for (const inner of gateway?.edge.inner ?? []) expect(gateway?.addresses).not.toContain(inner);
  expect(namespaces.find(({ name }) => name === 'external.tenant')).toMatchObject({
    forwards: true,
  });
  expect(holding(false).plugs).toMatchObject([{ isInRouter: false }]);
  expect(underlayDifference(holding(true), holding(false))).toBeUndefined();
});
