import { describe, expect, test } from 'vitest';
import { adoptedPair, unreachableMetric } from '#state';
import { affected } from './affected.ts';
import { emptyFacts } from './inputs.ts';
import { link } from './link.ts';
import { project } from './project/project.ts';
import { pinMark } from './project/routes.ts';
import { allowedIps, allowedIpsOf, linked, networkOf } from './testing.ts';

const site = (name: string, octet: number, endpoint = true): string => `
  ${name}:
    subnets: [10.${octet}.0.0/24]
    gateways: { g-${name}: { ${endpoint ? `endpoint: 203.0.113.${octet}:51820, ` : ''}address: 10.${octet}.0.1, overlay: 10.99.0.${octet} } }
    hosts: { h-${name}: { address: 10.${octet}.0.10 } }`;

const net = (topology: string, sites: string, rest = ''): string =>
  `version: 1\nnetwork: t\noverlay: 10.99.0.0/24\ntopology: ${topology}\nsites:${sites}\n${rest}`;

describe('a mesh', () => {
  test('every gateway peers with every other, which carries its overlay address and subnet', () => {
    const mesh = net('mesh', site('a', 1) + site('b', 2) + site('c', 3));
    expect(allowedIpsOf(mesh, 'g-a')).toEqual({
      'g-b': ['10.2.0.0/24', '10.99.0.2/32'],
      'g-c': ['10.3.0.0/24', '10.99.0.3/32'],
    });
  });

  test('two sites without endpoints meet at the first that has one, and keep their sessions alive', () => {
    const mesh = net('mesh', site('a', 1, false) + site('b', 2, false) + site('c', 3));
    const state = project(linked(mesh), 'g-a');
    expect(allowedIps(state)).toEqual({
      'g-c': ['10.2.0.0/24', '10.3.0.0/24', '10.99.0.2/31'],
    });
    expect(state.tunnels.main?.peers['g-c']?.keepalive).toBe(25);
    const relay = project(linked(mesh), 'g-c');
    expect(relay.tunnels.main?.peers['g-a']).not.toHaveProperty('keepalive');
    expect(relay.tunnels.main?.peers['g-a']).not.toHaveProperty('endpoint');
  });

  test('a gateway with an endpoint keeps its sessions alive only if the file says so of it', () => {
    const eager = net('mesh', site('a', 1) + site('b', 2)).replace(
      '{ endpoint',
      '{ keepalive: 9, endpoint',
    );
    const between = (machine: string, peer: string) =>
      project(linked(eager), machine).tunnels.main?.peers[peer]?.keepalive;
    expect([between('g-a', 'g-b'), between('g-b', 'g-a')]).toEqual([9, undefined]);
  });

  test('a machine whose key is unknown is in nobody’s peers', () => {
    const network = networkOf(net('mesh', site('a', 1) + site('b', 2) + site('c', 3)));
    const keys = { 'g-a': { '0': 'A' }, 'g-b': { '0': 'B' } };
    const model = link({ ...emptyFacts, keys, network, epoch: 'e', rev: 1 });
    expect(Object.keys(allowedIps(project(model, 'g-a')))).toEqual(['g-b']);
  });

  test('a second gateway carries its own addresses only, the first the rest of the subnet', () => {
    const two = `
  a:
    subnets: [10.1.0.0/30]
    gateways:
      first: { endpoint: "203.0.113.1:51820", address: 10.1.0.1, overlay: 10.99.0.1 }
      second: { endpoint: "203.0.113.9:51820", address: 10.1.0.2, overlay: 10.99.0.9 }`;
    expect(allowedIpsOf(net('mesh', two + site('b', 2)), 'g-b')).toEqual({
      first: ['10.1.0.0/31', '10.1.0.3/32', '10.99.0.1/32'],
      second: ['10.1.0.2/32', '10.99.0.9/32'],
    });
    const model = linked(net('mesh', two + site('b', 2)));
    expect(Object.keys(project(model, 'first').tunnels.main?.peers ?? {})).toEqual(['g-b']);
    expect(project(model, 'first').namespaces.root?.routes?.items).toContainEqual({
      prefix: '10.99.0.9/32',
      via: '10.1.0.2',
      device: { holding: '10.1.0.1' },
      table: 254,
    });
    expect(project(model, 'second').namespaces.root?.forwarding?.items).toEqual([]);
  });
});

describe('a hub', () => {
  const star = (extra = ''): string =>
    net('{ hub: [a] }', site('a', 1) + site('b', 2, false) + site('c', 3), extra);

  test('a spoke gives its hub the whole overlay and all other subnets', () => {
    expect(allowedIpsOf(star(), 'g-b')).toEqual({
      'g-a': ['10.1.0.0/24', '10.3.0.0/24', '10.99.0.0/24'],
    });
  });

  test('a spoke’s state does not change when another spoke’s machine joins', () => {
    const before = project(linked(star()), 'g-b');
    const after = project(linked(star('members: { late: {} }')), 'g-b');
    expect(after).toEqual(before);
  });

  test('with two hubs a spoke reaches each directly and the other spokes by the first', () => {
    const two = net('{ hub: [c, a] }', site('a', 1) + site('b', 2, false) + site('c', 3));
    const ips = allowedIpsOf(two, 'g-b');
    expect(ips['g-a']).toEqual(['10.1.0.0/24', '10.99.0.1/32']);
    expect(ips['g-c']).toContain('10.3.0.0/24');
    expect(ips['g-c']).not.toContain('10.99.0.0/24');
  });
});

describe('named links', () => {
  test('transit sites carry what lies beyond them', () => {
    const chain = net('{ links: [[a, b], [b, c]] }', site('a', 1) + site('b', 2) + site('c', 3));
    expect(allowedIpsOf(chain, 'g-b')).toEqual({
      'g-a': ['10.1.0.0/24', '10.99.0.1/32'],
      'g-c': ['10.3.0.0/24', '10.99.0.3/32'],
    });
    expect(Object.keys(allowedIpsOf(chain, 'g-a'))).toEqual(['g-b']);
  });

  test('a square is crossed by one and the same side in both directions', () => {
    const square = net(
      '{ links: [[a, b], [b, c], [c, d], [d, a]] }',
      site('a', 1) + site('b', 2) + site('c', 3) + site('d', 4),
    );
    const via = (from: string, octet: number): string | undefined =>
      Object.entries(allowedIpsOf(square, from)).find(([, ips]) =>
        ips.some((ip) => ip === `10.${octet}.0.0/24` || ip === `10.99.0.${octet}/32`),
      )?.[0];
    expect(via('g-a', 3)).toBe(via('g-c', 1));
    expect(via('g-b', 4)).toBe(via('g-d', 2));
  });
});

describe('MTU', () => {
  const withMtu = (a: number, b: number, c: number): string =>
    net(
      'mesh',
      [site('a', 1), site('b', 2), site('c', 3)]
        .map((text, i) => text.replace('subnets', `mtu: ${[a, b, c][i]}\n    subnets`))
        .join(''),
    );

  test('the interface takes what the best peer allows, a lesser peer gets a route MTU', () => {
    const root = project(linked(withMtu(9000, 9000, 1450)), 'g-a').namespaces.root;
    expect(root?.links?.items[0]?.mtu).toBe(9000 - 60);
    const routes = root?.routes?.items.filter(({ device }) => device !== undefined) ?? [];
    const mtus = Object.fromEntries(routes.map((r) => [r.prefix, r.mtu]));
    expect(mtus).toEqual({
      '10.99.0.0/24': undefined,
      '10.2.0.0/24': undefined,
      '10.3.0.0/24': 1376,
      '10.99.0.3/32': 1376,
    });
  });

  test('what a machine observes counts where the file says nothing', () => {
    const observations = { mtu: { 'g-a': 1450 }, endpoints: {} };
    const model = linked(net('mesh', site('a', 1) + site('b', 2)), { ...emptyFacts, observations });
    expect(project(model, 'g-b').namespaces.root?.links?.items[0]?.mtu).toBe(1390);
  });

  test('IPv6 endpoints cost 80 bytes', () => {
    const v6 = net('mesh', site('a', 1) + site('b', 2))
      .replace('203.0.113.2:', '"[2001:db8::2]:')
      .replace(']:51820,', ']:51820",');
    expect(project(linked(v6), 'g-a').namespaces.root?.links?.items[0]?.mtu).toBe(1420);
  });
});

test('an endpoint inside a prefix that is routed into the tunnel is pinned by mark and rule', () => {
  const inside = net(
    'mesh',
    site('a', 1) + site('b', 2).replace('10.2.0.0/24', '10.2.0.0/24, 203.0.113.0/24'),
  );
  const state = project(linked(inside), 'g-a');
  const mark = pinMark('t');
  expect(state.tunnels.main?.fwmark).toBe(mark);
  expect(state.namespaces.root?.rules?.items).toEqual([
    { family: 4, priority: 30000, not: true, fwmark: mark, table: mark },
  ]);
  expect(state.namespaces.root?.routes?.items).toContainEqual({
    prefix: '203.0.113.0/24',
    device: 'hw-t',
    table: mark,
  });
  expect(project(linked(inside), 'g-b').tunnels.main).not.toHaveProperty('fwmark');
});

describe('what passes a tunnel while its device is there is unreachable when it is gone', () => {
  const unreachable = (yaml: string, machine: string) =>
    project(linked(yaml), machine)
      .namespaces.root?.routes?.items.filter(({ type }) => type === 'unreachable')
      .map(({ prefix, table, metric }) => {
        expect(metric).toBe(unreachableMetric('t'));
        return table === 254 ? prefix : `${prefix} in table ${table}`;
      });
  const three = (site('a', 1) + site('b', 2) + site('c', 3)).replaceAll('0.0/24', '0.0/16');

  test('as few prefixes as say it, without the own site', () => {
    expect(unreachable(net('mesh', three), 'g-a')).toEqual(['10.2.0.0/15', '10.99.0.0/24']);
    expect(unreachable(net('mesh', three), 'g-b')).toEqual([
      '10.1.0.0/16',
      '10.3.0.0/16',
      '10.99.0.0/24',
    ]);
  });

  test('at a member of a hub, if an agent runs there', () => {
    const members = 'members: { ours: { hub: a }, theirs: { hub: a, managed: false } }';
    expect(unreachable(net('mesh', three, members), 'ours')).toEqual([
      '10.1.0.0/16',
      '10.2.0.0/15',
      '10.99.0.0/24',
    ]);
    expect(unreachable(net('mesh', three, members), 'theirs')).toEqual([]);
  });

  test('where the routes are: a pinned endpoint stays reachable', () => {
    const inside = net('mesh', three.replace('10.2.0.0/16', '10.2.0.0/16, 203.0.113.0/24'));
    expect(unreachable(inside, 'g-a')).toEqual([
      '10.2.0.0/15',
      '10.99.0.0/24',
      `203.0.113.0/24 in table ${pinMark('t')}`,
    ]);
  });
});

describe('preshared keys', () => {
  const yaml = net(
    'mesh',
    site('a', 1) + site('b', 2),
    'members: { ours: { hub: a }, theirs: { hub: a, managed: false } }',
  );
  const model = linked(yaml, { ...emptyFacts, presharedKeys: 3 });
  const keyBetween = (machine: string, peer: string) =>
    project(model, machine).tunnels['main']?.peers[peer]?.presharedKey;

  test('each two machines with an agent have one of their own, the same at both ends', () => {
    const pairs = [
      ['g-a', 'g-b'],
      ['g-a', 'ours'],
    ] as const;
    const keys = pairs.map(([a, b]) => {
      expect(keyBetween(a, b)).toEqual(keyBetween(b, a));
      return keyBetween(a, b);
    });
    expect(keys.map((key) => key?.version)).toEqual([3, 3]);
    expect(keys[0]?.id).not.toBe(keys[1]?.id);
  });

  test('whoever imported a file has none, as all have none without a version', () => {
    expect(keyBetween('g-a', 'theirs')).toBeUndefined();
    expect(JSON.stringify(project(linked(yaml), 'g-a'))).not.toContain('presharedKey');
  });

  test('another version touches every machine that has one', () => {
    const next = linked(yaml, { ...emptyFacts, presharedKeys: 4 });
    expect(affected(model, next)).toEqual(expect.arrayContaining(['g-a', 'g-b', 'ours']));
  });

  describe('of a tunnel that was made by hand', () => {
    const keyOf = (name: string): string => model.nodesByName.get(name)?.publicKey ?? '';
    const pair = (a: string, b: string): string => adoptedPair(keyOf(a), keyOf(b));
    const made = linked(yaml, {
      ...emptyFacts,
      presharedKeys: 3,
      adopted: { [pair('g-a', 'theirs')]: true, [pair('g-a', 'g-b')]: false },
    });
    const between = (machine: string, peer: string) =>
      project(made, machine).tunnels.main?.peers[peer]?.presharedKey;

    test('stay what they are at both ends, also where there is none', () => {
      const own = { id: pair('g-a', 'theirs'), version: 0 };
      expect([between('g-a', 'theirs'), between('theirs', 'g-a')]).toEqual([own, own]);
      expect([between('g-a', 'g-b'), between('g-b', 'g-a')]).toEqual([undefined, undefined]);
      expect(between('g-a', 'ours')?.version).toBe(3);
      expect(affected(model, made)).toEqual(['g-a', 'g-b', 'theirs']);
    });

    test('end with the keys of the pair', () => {
      const keys = { 'g-b': { '0': 'another' } };
      const next = link({ ...made.inputs, keys: { ...made.inputs.keys, ...keys } });
      const key = project(next, 'g-a').tunnels.main?.peers['g-b']?.presharedKey;
      expect(key?.version).toBe(3);
    });
  });
});

describe('an unmanaged member', () => {
  const members =
    'members: { lap: { hub: a, managed: false }, fixed: { hub: a, managed: false, allowed_ips: [10.0.0.0/8] } }';
  const yaml = net(
    'mesh',
    site('a', 1) + site('b', 2),
    `${members}\npolicy: [{ from: [lap], to: [h-b], ports: [tcp/22] }]`,
  );

  test('gets the overlay and all subnets, or what the file says', () => {
    expect(allowedIpsOf(yaml, 'lap')).toEqual({
      'g-a': ['10.1.0.0/24', '10.2.0.0/24', '10.99.0.0/24'],
    });
    expect(allowedIpsOf(yaml, 'fixed')).toEqual({ 'g-a': ['10.0.0.0/8'] });
  });

  test('that sends everything into the tunnel has its hub pinned', () => {
    const all = yaml.replace('10.0.0.0/8', '0.0.0.0/0');
    const state = project(linked(all), 'fixed');
    expect(state.namespaces.root?.routes?.items).toEqual([
      { prefix: '0.0.0.0/0', device: 'hw-t', table: pinMark('t') },
    ]);
    expect(state.tunnels.main?.fwmark).toBe(pinMark('t'));
  });

  test('is guarded by its hub, since nothing of ours runs there', () => {
    const model = linked(yaml);
    const lap = model.nodesByName.get('lap')?.overlay[0];
    const guard = project(model, 'g-a').namespaces.root?.nft?.items[0]?.maps.find(
      (m) => m.name === 'guard-4',
    );
    expect(guard?.elements).toContainEqual([`${lap}/32`, 'goto refuse']);
    expect(project(model, 'lap').namespaces.root).not.toHaveProperty('nft');
  });
});

test('without a policy a machine filters only what is not for the network', () => {
  const table = project(linked(net('mesh', site('a', 1) + site('b', 2))), 'g-a').namespaces.root
    ?.nft?.items[0];
  expect(table?.counters).toEqual(['outside']);
  expect(table?.chains.map((chain) => chain.name)).toEqual(['arrive', 'forward', 'input']);
});

describe('probes', () => {
  /** With nothing behind it: who asks that asks the gateway as well. */
  const bare = (name: string, octet: number) => site(name, octet).replace(/\n +hosts:.*/, '');
  const many = Array.from({ length: 9 }, (_, i) => bare(`s${i}`, i + 1)).join('');

  test('go to some of the peers, at their overlay addresses, and stay with them when others come', () => {
    const before = project(linked(net('mesh', many)), 'g-s3').probes;
    expect(before).toMatchObject({ address: '10.99.0.4', port: 14791 });
    expect(Object.keys(before?.peers ?? {})).toHaveLength(4);
    const model = linked(net('mesh', many + bare('later', 77)));
    const after = Object.keys(project(model, 'g-s3').probes?.peers ?? {});
    const news = after.filter((name) => !before?.peers[name]);
    expect(news.every((name) => name === 'g-later')).toBe(true);
    const asked = model.nodes.flatMap(({ name }) =>
      Object.keys(project(model, name).probes?.peers ?? {}),
    );
    expect(new Set(asked).size).toBeGreaterThan(7);
    const [first] = Object.values(before?.peers ?? {});
    expect(first?.address).toMatch(/^10\.99\.0\.\d$/);
    expect(first?.mtu).toBe(1440);
  });

  test('go to nobody on whose machine no agent runs', () => {
    const file = net('{ hub: [a] }', site('a', 1), 'members: { phone: { managed: false } }\n');
    const model = linked(file);
    expect(project(model, 'g-a').probes?.peers).toEqual({});
    expect(project(model, 'phone')).not.toHaveProperty('probes');
  });

  test('pass in and out under any policy, by the tunnel and to the own address alone', () => {
    const file = net('mesh', site('a', 1) + site('b', 2), 'policy: []\n');
    const [table] = project(linked(file), 'g-a').namespaces.root?.nft?.items ?? [];
    const rules = (name: string) =>
      table?.chains
        .find((chain) => chain.name === name)
        ?.rules.map(({ match, verdict }) =>
          [...match.map(({ left, op, right }) => `${left} ${op} ${right}`), verdict].join(', '),
        );
    const both = 'udp dport == 14791, udp sport == 14791, accept';
    expect(rules('input')?.slice(0, 2)).toEqual([
      `iifname == hw-t, ip daddr == 10.99.0.1, ${both}`,
      'iifname != hw-t,lo, ip daddr == 10.99.0.1, udp dport == 14791, drop',
    ]);
    expect(rules('output')?.[0]).toBe(`oifname == hw-t, ${both}`);
  });
});
