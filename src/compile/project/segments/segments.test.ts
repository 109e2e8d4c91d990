import { expect, test } from 'vitest';
import { affected } from '../../affected.ts';
import { linked } from '../../testing.ts';
import { trace } from '../../trace/trace.ts';
import { project } from '../project.ts';

const file = (
  stations = 'b-1: { segment: lab, address: 10.9.0.130, mac: "02:00:00:00:00:0B" }',
) => `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  a:
    gateways: { ga: { endpoint: 192.0.2.1:51820, overlay: 10.0.0.1 }, spare: { overlay: 10.0.0.9 } }
    hosts: { a-1: { segment: lab, address: 10.9.0.2, mac: "02:00:00:00:00:0a" } }
  b:
    gateways: { gb: { endpoint: 192.0.2.2:51820, overlay: 10.0.0.2 } }
    hosts: { ${stations} }
  c: { gateways: { gc: { endpoint: 192.0.2.3:51820, overlay: 10.0.0.3 } } }
segments:
  lab:
    vni: 7
    subnet: 10.9.0.0/24
    sites:
      a: { pool: 10.9.0.2-10.9.0.99, port: eth1 }
      b: { pool: 10.9.0.130-10.9.0.199, port: ens4 }
`;

test('the first gateway of each site of a segment has its namespace, and nobody else', () => {
  const model = linked(file());
  const spaces = ['ga', 'gb', 'gc', 'spare'].map((name) =>
    Object.keys(project(model, name).namespaces),
  );
  expect(spaces).toEqual([['root', 'hw-net-lab'], ['root', 'hw-net-lab'], ['root'], ['root']]);
});

test('it knows the machines at the other sites, and where they are', () => {
  const space = project(linked(file()), 'ga').namespaces['hw-net-lab'];
  expect(space?.ports?.items).toEqual([{ device: 'eth1', bridge: 'bridge' }]);
  expect(space?.vxlans?.items).toEqual([
    { name: 'vxlan', bridge: 'bridge', vni: 7, port: 14_789, local: '10.0.0.1' },
  ]);
  expect(space?.fdb?.items).toEqual([
    { device: 'vxlan', mac: '02:00:00:00:00:0b', to: '10.0.0.2' },
  ]);
  expect(space?.neighbours?.items).toEqual([
    { device: 'bridge', address: '10.9.0.130', mac: '02:00:00:00:00:0b' },
  ]);
});

const borderAt = (text: string, gateway = 'ga') => {
  const [border, ...others] =
    project(linked(text), gateway).namespaces['hw-net-lab']?.nft?.items ?? [];
  if (!border || others.length > 0) throw new Error('a segment has one filter');
  return border;
};
/** Who may send from where, by the name of the set. */
const setsOf = (text: string, gateway?: string) =>
  Object.fromEntries(
    borderAt(text, gateway)
      .sets.filter(({ name, elements }) => elements.length > 0 && !name.startsWith('inside'))
      .map(({ name, elements }) => [name, elements]),
  );

test('what crosses the border is looked up by the side it comes from, before all other filters', () => {
  const { chains, ...border } = borderAt(file());
  expect(border).toMatchObject({ family: 'bridge', name: 'hawser-net' });
  const [far, forward, near] = ['far', 'forward', 'near'].map((name) =>
    chains.find((chain) => chain.name === name),
  );
  expect(forward).toEqual({
    name: 'forward',
    hook: { type: 'filter', hook: 'forward', priority: -200, policy: 'accept' },
    rules: [
      { match: [{ left: 'iifname', op: '==', right: 'vxlan' }], verdict: 'goto far' },
      { match: [{ left: 'oifname', op: '==', right: 'vxlan' }], verdict: 'goto near' },
    ],
  });
  for (const chain of [far, near]) {
    expect(chain?.rules.at(-1)).toEqual({ match: [], counter: 'spoofed', verdict: 'drop' });
  }
});

test('each gateway knows the machines of all sites, by which side of its border they are on', () => {
  const [a, b] = [['02:00:00:00:00:0a . 10.9.0.2'], ['02:00:00:00:00:0b . 10.9.0.130']];
  expect(setsOf(file())).toEqual({ near4: a, far4: b });
  expect(setsOf(file(), 'gb')).toEqual({ near4: b, far4: a });
});

test('a machine sends from the networks behind it, and a router from all but the segment', () => {
  const nested = file().replace('0B"', '0B", allow: [192.168.7.0/24, fd07::/64]');
  expect(setsOf(nested)).toMatchObject({
    'far-behind4': ['02:00:00:00:00:0b . 192.168.7.0/24'],
    'far-behind6': ['02:00:00:00:00:0b . fd07::/64'],
  });
  const routed = file()
    .replace('vni: 7', 'router: 10.9.0.130\n    vni: 7')
    .replace('pool: 10.9.0.130', 'pool: 10.9.0.131');
  const beyond = setsOf(routed)['far-behind4'] ?? [];
  expect(beyond).toContain('02:00:00:00:00:0b . 128.0.0.0/1');
  expect(beyond.join()).not.toContain('. 10.9.0.0/');
  expect(beyond).toHaveLength(24);
});

const proxied = (text: string): string => text.replace('port: ens4', 'port: ens4, mode: proxy');

test('a site in proxy mode routes to its port and answers there for the machines of other sites', () => {
  const space = project(linked(proxied(file())), 'gb').namespaces['hw-net-lab'];
  expect(space?.ports?.items).toEqual([{ device: 'ens4' }]);
  expect(space?.proxies?.items).toEqual([{ device: 'ens4', address: '10.9.0.2' }]);
  expect(space?.routes?.items).toEqual([
    { prefix: '10.9.0.0/24', device: 'bridge', table: 254 },
    { prefix: '10.9.0.130/32', device: 'ens4', table: 254 },
  ]);
  expect(space?.neighbours?.items).toEqual([
    { device: 'bridge', address: '10.9.0.2', mac: '02:00:00:00:00:0a' },
    { device: 'ens4', address: '10.9.0.130', mac: '02:00:00:00:00:0b' },
  ]);
  const { v, items } = space?.tables ?? {};
  expect([v, items?.[0]?.routed]).toEqual([2, { port: 'ens4', answering: ['ens4'] }]);
});

test('the others know the gateway behind which all machines of a site are, also where the file names none', () => {
  const { tables, fdb } = project(linked(proxied(file())), 'ga').namespaces['hw-net-lab'] ?? {};
  const mac = tables?.items[0]?.peers[0]?.mac;
  expect([tables?.v, mac]).toEqual([1, expect.stringMatching(/^02:70:/)]);
  const nobody = project(linked(proxied(file(''))), 'ga');
  expect(nobody.namespaces['hw-net-lab']?.fdb?.items).toContainEqual(
    expect.objectContaining({ mac }),
  );
  expect(fdb?.items).toHaveLength(1);
});

test('the others find all its machines behind the address of its gateway’s bridge', () => {
  const two = 'b-[1-2]: { segment: lab, address: 10.9.0.13[0-1], mac: "02:00:00:00:00:0[2-3]" }';
  const model = linked(proxied(file(two)));
  const [bridge] = project(model, 'gb').namespaces['hw-net-lab']?.bridges?.items ?? [];
  const there = project(model, 'ga').namespaces['hw-net-lab'];
  expect(bridge?.mac).toMatch(/^02:70:/);
  expect(there?.fdb?.items).toEqual([{ device: 'vxlan', mac: bridge?.mac, to: '10.0.0.2' }]);
  expect(there?.neighbours?.items.map(({ address, mac }) => [address, mac])).toEqual([
    ['10.9.0.130', bridge?.mac],
    ['10.9.0.131', bridge?.mac],
  ]);
  expect(affected(linked(file(two)), model)).toEqual(['ga', 'gb']);
});

test('the border of a site in proxy mode is where packets are routed, by what is seen from each side', () => {
  const allow = proxied(
    file(
      'b-[1-2]: { segment: lab, address: 10.9.0.13[0-1], mac: "02:00:00:00:00:0[2-3]", allow: 192.168.7.0/24 }',
    ),
  );
  const tables = project(linked(allow), 'gb').namespaces['hw-net-lab']?.nft?.items ?? [];
  expect(tables.map(({ family }) => family)).toEqual(['bridge', 'inet']);
  expect(JSON.stringify(tables[1])).not.toContain('arp saddr');
  const seen = setsOf(allow);
  const mac = seen['far4']?.[0]?.slice(0, 17);
  expect(mac).toMatch(/^02:70:/);
  expect(seen).toMatchObject({
    far4: [`${mac} . 10.9.0.130`, `${mac} . 10.9.0.131`],
    'far-behind4': [`${mac} . 192.168.7.0/24`],
  });
  const routes = project(linked(allow), 'gb').namespaces['hw-net-lab']?.routes?.items;
  const behind = { prefix: '192.168.7.0/24', device: 'ens4', via: '10.9.0.130', table: 254 };
  expect(routes?.filter(({ via }) => via !== undefined)).toEqual([behind]);
});

test('out of a segment leads its router, at the site in proxy mode as well as to it', () => {
  const routed = (router: string): string =>
    file().replace('vni: 7', `router: ${router}\n    vni: 7`);
  const ways = (text: string) =>
    project(linked(text), 'gb').namespaces['hw-net-lab']?.routes?.items.filter(
      ({ prefix }) => prefix === '0.0.0.0/0',
    );
  const [near, far] = [
    routed('10.9.0.130').replace('pool: 10.9.0.130', 'pool: 10.9.0.131'),
    routed('10.9.0.2').replace('pool: 10.9.0.2', 'pool: 10.9.0.3'),
  ].map((text) => ways(proxied(text)));
  const out = { prefix: '0.0.0.0/0', table: 254 };
  expect(near).toEqual([{ ...out, device: 'ens4', via: '10.9.0.130' }]);
  expect(far).toEqual([{ ...out, device: 'bridge', via: '10.9.0.2' }]);
});

test('two segments share a port by their tags, and it stays with the machine', () => {
  const text = file()
    .replace('port: ens4', 'port: ens4, vlan: 9')
    .concat(
      '  more: { vni: 8, subnet: 10.8.0.0/24, sites: { b: { pool: 10.8.0.2-10.8.0.9, port: ens4, vlan: 10, mode: proxy } } }\n',
    );
  const { namespaces } = project(linked(text), 'gb');
  const [lab, more] = ['hw-net-lab', 'hw-net-more'].map((name) => namespaces[name]);
  expect([lab?.ports, more?.ports]).toEqual([undefined, undefined]);
  expect(lab?.vlans?.items).toEqual([{ name: 'vlan9', parent: 'ens4', tag: 9, bridge: 'bridge' }]);
  expect(more?.vlans?.items).toEqual([{ name: 'vlan10', parent: 'ens4', tag: 10 }]);
  expect(JSON.stringify(more?.nft)).toContain('"vlan10"');
  expect(affected(linked(file()), linked(text))).toEqual(['gb']);
});

test('what is for all goes to the gateways that bridge, if the segment floods', () => {
  const text = file().replace('vni: 7', 'vni: 7\n    flood: true');
  const at = (file: string, name: string) => project(linked(file), name).namespaces['hw-net-lab'];
  expect(at(text, 'ga')?.floods?.items).toEqual([{ device: 'vxlan', to: '10.0.0.2' }]);
  expect(at(text, 'ga')?.vxlans?.items).toMatchObject([{ flood: true }]);
  expect(at(proxied(text), 'ga')?.floods).toBeUndefined();
  expect(at(proxied(text), 'gb')?.floods).toBeUndefined();
  expect(JSON.stringify(at(text, 'ga')?.nft)).not.toContain('pkttype');
  expect(JSON.stringify(at(file(), 'ga')?.nft)).toContain('pkttype');
  expect(affected(linked(file()), linked(text))).toEqual(['ga', 'gb']);
});

test('what the DHCP server of a cloud answers to all of its site is no rogue’s where the segment floods, and stays there', () => {
  const clouds = file()
    .replace('vni: 7', 'vni: 7\n    flood: true')
    .replace('port: eth1', 'port: eth1, dhcp: { address: 10.9.0.100, by: cloud }');
  const rules = (text: string, gateway: string) => {
    const near = borderAt(text, gateway).chains.find(({ name }) => name === 'near');
    return (near?.rules ?? [])
      .filter(({ match }) => match.some(({ left }) => left === 'udp sport'))
      .map(({ counter, match }) => [counter, ...match.map(({ right }) => String(right))]);
  };
  const rogue = ['rogue-dhcp', '67,547'];
  const own = ['border', 'broadcast,multicast', '10.9.0.100', '67'];
  expect(rules(clouds, 'ga')).toEqual([own, rogue]);
  expect(rules(clouds, 'gb')).toEqual([rogue]);
  expect(rules(clouds.replace('flood: true', 'flood: false'), 'ga')).toEqual([rogue]);
  expect(rules(clouds.replace('by: cloud', 'by: none'), 'ga')).toEqual([rogue]);
});

test('what the router of others says of itself at its own site is no rogue’s where the segment floods, and stays there', () => {
  const text = file()
    .replace('vni: 7', 'vni: 7\n    router: 10.9.0.1\n    flood: true')
    .replace('a-1:', 'a-0: { segment: lab, address: 10.9.0.1, mac: "02:00:00:00:00:01" }, a-1:');
  const rules = (of: string, gateway: string, side = 'near') => {
    const chain = borderAt(of, gateway).chains.find(({ name }) => name === side);
    return (chain?.rules ?? [])
      .filter(({ match }) => match.some(({ right }) => right === 'nd-router-advert'))
      .map(({ counter, match }) => [counter, ...match.map(({ right }) => String(right))]);
  };
  const rogue = ['rogue-ra', 'nd-router-advert'];
  expect(rules(text, 'ga')).toEqual([['border', '02:00:00:00:00:01', 'nd-router-advert'], rogue]);
  expect(rules(text, 'ga', 'far')).toEqual([rogue]);
  expect(rules(text, 'gb')).toEqual([rogue]);
  expect(rules(text.replace('flood: true', 'flood: false'), 'ga')).toEqual([rogue]);
});

test('who has the MAC address of what crosses has its address, but where the segment floods that is asked of what leads out alone', () => {
  const meant = (text: string) =>
    borderAt(text)
      .chains.find(({ name }) => name === 'near-meant')
      ?.rules.map(({ match, verdict }) => [
        match.map(({ left, op, right }) => `${left} ${op} ${String(right)}`).join(),
        verdict,
      ]);
  const pairs = [
    ['ether daddr . ip daddr == @far4', 'accept'],
    ['ether daddr . ip6 daddr == @far6', 'accept'],
    ['ether daddr . ip daddr == @far-behind4', 'accept'],
    ['ether daddr . ip6 daddr == @far-behind6', 'accept'],
  ];
  expect(meant(file())).toEqual([...pairs, ['', 'drop']]);
  expect(meant(file().replace('vni: 7', 'vni: 7\n    flood: true'))).toEqual([
    ...pairs,
    ['ip daddr != @inside4', 'drop'],
    ['ip6 daddr != @inside6', 'drop'],
    ['', 'accept'],
  ]);
});

test('VXLAN is let in from the other gateway of the segment alone, and all else passes as before', () => {
  const model = linked(file());
  const vxlan = { protocol: 'udp', first: 14_789, last: 14_789 } as const;
  expect(trace(model, 'gb', 'ga', vxlan).verdict).toBe('allow');
  expect(trace(model, 'gc', 'ga', vxlan)).toMatchObject({
    verdict: 'deny',
    decision: { machine: 'ga', counter: 'vxlan' },
  });
  expect(trace(model, 'gc', 'gb', { ...vxlan, first: 53, last: 53 }).verdict).toBe('allow');
  expect(trace(model, 'ga', 'gc', vxlan).verdict).toBe('allow');
});

test('who tells whom who is where stands in the table of each gateway', () => {
  const space = project(linked(file()), 'gb').namespaces['hw-net-lab'];
  expect(space?.tables?.items).toEqual([
    {
      segment: 'lab',
      site: 'b',
      local: '10.0.0.2',
      port: 14_790,
      bridge: 'bridge',
      vxlan: 'vxlan',
      subnets: ['10.9.0.0/24'],
      pairs: { table: 'hawser-net', near: 'near', far: 'far' },
      peers: [{ site: 'a', address: '10.0.0.1' }],
      own: [{ name: 'b-1', mac: '02:00:00:00:00:0b', addresses: ['10.9.0.130'] }],
    },
  ]);
});

test('tables are taken from the other gateway of the segment alone', () => {
  const model = linked(file());
  const tables = { protocol: 'tcp', first: 14_790, last: 14_790 } as const;
  expect(trace(model, 'gb', 'ga', tables).verdict).toBe('allow');
  expect(trace(model, 'gc', 'ga', tables)).toMatchObject({
    verdict: 'deny',
    decision: { machine: 'ga', counter: 'tables' },
  });
  expect(trace(model, 'gc', 'gb', { ...tables, first: 22, last: 22 }).verdict).toBe('allow');
});

test('a machine that comes or changes its MAC address concerns all gateways of its segment', () => {
  const [before, after] = [file(), file('').replace('hosts: {  }', '')].map((text) => linked(text));
  if (!before || !after) throw new Error('both are linked');
  expect(affected(before, after)).toEqual(['ga', 'gb']);
  // Its own gateway tells it from those who pretend to be it.
  expect(affected(before, linked(file().replace('0B', '0C')))).toEqual(['ga', 'gb']);
  const allowed = linked(file().replace('0B"', '0B", allow: 192.168.7.0/24'));
  expect(affected(before, allowed)).toEqual(['ga', 'gb']);
});

test('ports of machines are guarded where they are, and a router among them may advertise itself', () => {
  const tapped = file().replace(
    'spare: { overlay: 10.0.0.9 }',
    'spare: { overlay: 10.0.0.9, taps: [tap*, vnet1] }',
  );
  const guardsOf = (text: string, name: string) =>
    project(linked(text), name).namespaces['root']?.nft?.items.filter(
      ({ family }) => family === 'bridge',
    );
  expect(guardsOf(tapped, 'ga')).toEqual([]);
  const [guard] = guardsOf(tapped, 'spare') ?? [];
  expect(guard?.chains.find(({ name }) => name === 'prerouting')?.rules).toEqual(
    ['tap*', 'vnet1'].map((port) => ({
      match: [{ left: 'iifname', op: '==', right: port }],
      verdict: 'goto tap',
    })),
  );
  expect(guard?.sets.find(({ name }) => name === 'near4')?.elements).toEqual([
    '02:00:00:00:00:0a . 10.9.0.2',
  ]);
  const advertised = (text: string) =>
    guardsOf(text, 'spare')?.[0]
      ?.chains.find(({ name }) => name === 'tap')
      ?.rules.find(({ counter }) => counter === 'rogue-ra')
      ?.match.map(({ left, op, right }) => `${left} ${op} ${String(right)}`);
  const routing = 'icmpv6 type == nd-redirect,nd-router-advert';
  expect(advertised(tapped)).toEqual([routing]);
  const routed = tapped
    .replace('vni: 7', 'router: 10.9.0.2\n    vni: 7')
    .replace('pool: 10.9.0.2-', 'pool: 10.9.0.3-');
  expect(advertised(routed)).toEqual([routing, 'ether saddr != 02:00:00:00:00:0a']);
  expect(affected(linked(file()), linked(tapped))).toContain('spare');
});

test('a router of ours at a site in proxy mode is beyond its port, with a MAC address of its own', () => {
  const router =
    'routers: { gw: { site: b, segments: [lab], uplink: { address: 10.5.0.2/24, via: 10.5.0.1 } } }';
  const text = proxied(file()).replace(
    'subnet: 10.9.0.0/24',
    'subnet: 10.9.0.0/24\n    router: 10.9.0.1',
  );
  const model = linked(`${text}${router}\n`);
  const space = project(model, 'gb').namespaces['hw-net-lab'];
  const answers = (device: string) =>
    space?.proxies?.items.filter((one) => one.device === device).map(({ address }) => address);
  expect(answers('ens4')).toEqual(['10.9.0.2', '10.9.0.1']);
  expect(answers('bridge')).toEqual(['10.9.0.130']);
  const own = space?.neighbours?.items.find(({ address }) => address === '10.9.0.1');
  expect(own).toMatchObject({ device: 'bridge' });
  const far = project(model, 'ga').namespaces['hw-net-lab']?.neighbours?.items;
  expect(far).toContainEqual({ device: 'bridge', address: '10.9.0.1', mac: own?.mac });
  const pairs = (family: string, name: string) =>
    space?.nft?.items
      .find((table) => table.family === family)
      ?.sets.find((set) => set.name === name)?.elements;
  expect(pairs('inet', 'near4')).not.toContain(`${own?.mac} . 10.9.0.1`);
  expect(pairs('inet', 'far4')).toContain(`${own?.mac} . 10.9.0.1`);
  expect(pairs('bridge', 'near4')).toContain(`${own?.mac} . 10.9.0.1`);
});
