import { describe, expect, test } from 'vitest';
import { memoryReader } from './fixtures/memory.ts';
import { loadNetwork } from './load.ts';
import type { Network } from './network.ts';

function load(text: string, files: Readonly<Record<string, string>> = {}): Network {
  const { network, diagnostics } = loadNetwork(
    'net/hawser.yaml',
    memoryReader({ ...files, 'net/hawser.yaml': text }),
  );
  if (!network) throw new Error(JSON.stringify(diagnostics, undefined, 1));
  return network;
}

const head = 'version: 1\nnetwork: test\noverlay: 10.0.0.0/24\n';
const membersOf = (network: Network): string[] => network.members.map(({ name }) => name);

describe('what a file does not say', () => {
  test('has defaults', () => {
    const network = load(`${head}sites: { s: { gateways: { gw: } } }\nmembers: { m: }\n`);
    expect(network.topology).toEqual({ kind: 'mesh' });
    expect(network.policy).toBeUndefined();
    expect(network.tests).toEqual([]);
    const common = { listenPort: 51820, keepalive: 25, interface: 'hw-test', managed: true };
    expect(network.sites[0]?.gateways[0]).toMatchObject({ ...common, nat: 'port-preserving' });
    expect(network.members[0]).toMatchObject({
      ...common,
      kind: 'member',
      addresses: [],
      tags: [],
    });
    expect(network.members[0]).not.toHaveProperty('hub');
  });

  test('takes the defaults of the file before ours', () => {
    const defaults = 'defaults: { port: 5555, keepalive: 10, interface: wg0 }\n';
    const network = load(`${head}${defaults}members: { m: { keepalive: 0 } }\n`);
    expect(network.members[0]).toMatchObject({ listenPort: 5555, keepalive: 0, interface: 'wg0' });
  });

  test('an empty policy is a policy, which denies everything', () => {
    expect(load(`${head}policy: []\n`).policy).toEqual([]);
  });

  test('the NAT of a site is that of its gateways and nodes', () => {
    const network = load(`${head}sites: { s: { nat: cgnat, nodes: { n: {} } } }\n`);
    expect(network.sites[0]?.nodes[0]?.nat).toBe('cgnat');
  });
});

describe('one text is as good as a list of one', () => {
  const network = load(`${head}sites:
  s: { subnets: 192.168.1.0/24, tags: cloud, gateways: { gw: { address: 192.168.1.1 } } }
groups: { g: gw }
topology: { hub: s }
policy: [{ from: g, to: "192.168.1.0/24", ports: tcp/22 }]
`);

  test('in sites, groups, topology and policy', () => {
    expect(network.sites[0]?.subnets.map(({ local }) => String(local))).toEqual(['192.168.1.0/24']);
    expect(network.sites[0]?.tags).toEqual(['cloud']);
    expect(network.groups[0]?.selectors).toEqual([{ kind: 'machine', name: 'gw' }]);
    expect(network.topology).toEqual({ kind: 'hub', hubs: ['s'] });
    expect(network.policy?.[0]).toMatchObject({
      from: [{ kind: 'group', name: 'g' }],
      to: [{ kind: 'prefix' }],
      ports: [{ protocol: 'tcp', first: 22, last: 22 }],
    });
  });
});

describe('hosts', () => {
  test('of a range have an address of each family', () => {
    const network = load(`${head}sites:
  s:
    subnets: [192.168.1.0/24, "2001:db8::/64"]
    hosts:
      n[08-10]: { address: [192.168.1.[8-10], "2001:db8::[8-10]"], routes: cloud, tags: [x] }
`);
    expect(
      network.sites[0]?.hosts.map(({ name, addresses }) => [
        name,
        ...addresses.map(({ presented }) => String(presented)),
      ]),
    ).toEqual([
      ['n08', '192.168.1.8', '2001:db8::8'],
      ['n09', '192.168.1.9', '2001:db8::9'],
      ['n10', '192.168.1.10', '2001:db8::10'],
    ]);
    expect(network.sites[0]?.hosts[2]).toMatchObject({ routes: 'cloud', tags: ['x'] });
  });
});

const ids = (policy: string): readonly string[] =>
  load(`${head}members: { a: {}, b: {} }\npolicy:\n${policy}`).policy?.map(({ id }) => id) ?? [];

describe('the id of a rule', () => {
  test('is its name, if it has one', () => {
    expect(ids('  - { name: ssh, from: a, to: b }\n')).toEqual(['ssh']);
  });

  test('comes from what it says, not from where it stands', () => {
    const [first, second] = ids('  - { from: a, to: b }\n  - { from: b, to: a, ports: icmp }\n');
    expect(first).toMatch(/^[0-9a-f]{8}$/);
    expect(ids('  - { from: [b], ports: [icmp], to: [a] }\n  - { from: a, to: b }\n')).toEqual([
      second,
      first,
    ]);
  });

  test('has a number where two rules say the same', () => {
    const [first, second] = ids('  - { from: a, to: b }\n  - { from: a, to: b }\n');
    expect(second).toBe(`${first}-2`);
  });
});

describe('an included file', () => {
  test('adds its sites, members, groups, policy and tests', () => {
    const network = load(
      `${head}include: [people.yaml, sites/*.yaml]
members: { zoe: {} }
policy: [{ name: first, from: zoe, to: all }]
`,
      {
        'net/people.yaml': `version: 1
members: { anna: { hub: a } }
groups: { staff: [anna, zoe] }
policy: [{ name: second, from: staff, to: gw-a }]
`,
        'net/sites/b.yaml': 'sites: { b: { gateways: { gw-b: {} } } }\n',
        'net/sites/a.yaml': `include: ../tests.yaml
sites: { a: { gateways: { gw-a: {} } } }
`,
        'net/tests.yaml': 'tests: [{ from: anna, to: gw-b, expect: deny }]\n',
        'net/sites/ignored.txt': 'nonsense: true\n',
      },
    );
    expect(network.sites.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(membersOf(network)).toEqual(['anna', 'zoe']);
    expect(network.policy?.map(({ id }) => id)).toEqual(['first', 'second']);
    expect(network.tests[0]?.place).toEqual({ file: 'net/tests.yaml', line: 1, column: 9 });
    expect(network.groups[0]?.place.file).toBe('net/people.yaml');
  });

  test('is read once, if two files include it', () => {
    const network = load(`${head}include: [a.yaml, b.yaml]\n`, {
      'net/a.yaml': 'include: common.yaml\n',
      'net/b.yaml': 'include: ./common.yaml\n',
      'net/common.yaml': 'members: { m: {} }\n',
    });
    expect(membersOf(network)).toEqual(['m']);
  });
});

test('a warning leaves the network as it is', () => {
  const text = `${head}groups: { people: tag:people }\n`;
  const { network, diagnostics } = loadNetwork('f', memoryReader({ f: text }));
  expect(network?.groups[0]?.selectors).toEqual([{ kind: 'tag', name: 'people' }]);
  expect(diagnostics.map(({ severity }) => severity)).toEqual(['warning']);
});

test('reading the same file twice gives the same network', () => {
  const text = `${head}members: { b: { tags: [y, x, y] }, a: { was: c } }\n`;
  expect(load(text)).toEqual(load(text));
  expect(load(text).members[1]?.tags).toEqual(['x', 'y']);
});

describe('how ssh reaches a machine', () => {
  const network = load(`${head}defaults: { ssh: { user: debian, via: bastion.example.org } }
sites:
  s:
    subnets: 192.168.1.0/24
    ssh: { via: gw, port: 2222 }
    gateways: { gw: { ssh: { user: root, host: 198.51.100.7 } } }
    hosts: { "w-[1-2]": { address: "192.168.1.[2-3]", ssh: { host: "w-[1-2].example.org" } } }
members: { m: { ssh: { identity: ~/.ssh/m } } }
`);
  const [site] = network.sites;

  test('is what it says, else what its site says, else what the file says', () => {
    expect(network.members[0]?.ssh).toEqual({
      user: 'debian',
      via: 'bastion.example.org',
      identity: '~/.ssh/m',
    });
    expect(site?.hosts.map(({ ssh }) => ssh)).toEqual([
      { user: 'debian', port: 2222, via: 'gw', host: 'w-1.example.org' },
      { user: 'debian', port: 2222, via: 'gw', host: 'w-2.example.org' },
    ]);
  });

  test('is not over itself, where its site says that all are reached over it', () => {
    expect(site?.gateways[0]?.ssh).toEqual({ user: 'root', port: 2222, host: '198.51.100.7' });
  });
});
