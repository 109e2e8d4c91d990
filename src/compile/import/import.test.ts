import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HawserError } from '#base';
import { adoptedPair } from '#state';
import { generateKeyPair, generatePresharedKey } from '#wireguard';
import { allowedIpsOf, networkOf } from '../testing.ts';
import { importNetwork } from './index.ts';
import type { ImportOptions } from './options.ts';

const [hub, alice, bob, vpn] = [0, 1, 2, 3].map(() => generateKeyPair());
const [hubKey, aliceKey, bobKey, vpnKey] = [hub, alice, bob, vpn].map(
  (pair) => pair?.publicKey ?? '',
);
const privateText = (pair: typeof hub): string => pair?.privateKey.reveal() ?? '';

const quick = (text: string, file = 'wg0.conf') => ({ file, text });
const read = (text: string, options: ImportOptions = {}) => importNetwork([quick(text)], options);

const master = quick(
  `[Interface]
Address = 10.0.0.1/24
PrivateKey = ${privateText(hub)}
ListenPort = 51820

[Peer]
PublicKey = ${vpnKey}
AllowedIPs = 10.0.0.0/24, 192.168.77.0/24
Endpoint = 198.51.100.20:51820
PersistentKeepalive = 25
`,
  'master/wg0.conf',
);
const gateway = quick(
  `[Interface]
Address = 10.0.0.2/24
PrivateKey = ${privateText(vpn)}
ListenPort = 51820
PostUp = sysctl -w net.ipv4.ip_forward=1

[Peer]
PublicKey = ${hubKey}
AllowedIPs = 10.0.0.0/24, 192.168.66.0/24
Endpoint = 203.0.113.10:51820
PersistentKeepalive = 25
`,
  'vpn/wg0.conf',
);

const psk = generatePresharedKey().reveal();
const hubConfig = `[Interface]
Address = 172.22.2.1/24
PrivateKey = ${privateText(hub)}
ListenPort = 51820

[Peer]
# friendly_json = {"name":"ctu-prague"}
PublicKey = ${aliceKey}
PresharedKey = ${psk}
AllowedIPs = 172.22.2.13/32

[Peer]
PublicKey = ${bobKey}
AllowedIPs = 172.22.2.14/32
`;

describe('two gateways, each with its wg0.conf', () => {
  const { yaml, remarks, left } = importNetwork([master, gateway], { network: 'cluster' });

  test('become two sites in a mesh, with what lies behind each', () => {
    const network = networkOf(yaml);
    expect(network.topology).toEqual({ kind: 'mesh' });
    expect(network.sites.map(({ name, subnets }) => [name, `${subnets[0]?.local}`])).toEqual([
      ['master', '192.168.66.0/24'],
      ['vpn', '192.168.77.0/24'],
    ]);
    expect(allowedIpsOf(yaml, 'master')).toEqual({ vpn: ['10.0.0.2/32', '192.168.77.0/24'] });
  });

  test('keep keys, endpoints and addresses, and nothing was guessed', () => {
    expect(yaml).toContain(`key: "${vpnKey}"`);
    expect(yaml).toContain('endpoint: 198.51.100.20:51820');
    expect(yaml).toContain('overlay: 10.0.0.2');
    expect(remarks).toEqual([]);
  });

  test('what has no place in the new file is named with its line', () => {
    const postUp = left.find(({ what }) => what === 'PostUp');
    expect(postUp?.place).toEqual({ file: 'vpn/wg0.conf', line: 5, column: 1 });
  });
});

describe('the configuration of a hub', () => {
  test('gives members behind it, named by comments, else by address', () => {
    const { members } = networkOf(
      read(hubConfig, { endpoints: { 'peer-172-22-2-1': '203.0.113.50:51820' } }).yaml,
    );
    expect(members.map(({ name, hub: at, managed }) => [name, at, managed])).toEqual([
      ['ctu-prague', 'peer-172-22-2-1', false],
      ['peer-172-22-2-14', 'peer-172-22-2-1', false],
    ]);
  });

  test('does not say where the hub is reached: that is a question, and an option answers it', () => {
    const questions = (options: ImportOptions) =>
      read(hubConfig, options).remarks.filter(({ kind }) => kind === 'question');
    expect(questions({})).toHaveLength(1);
    expect(questions({ endpoints: { 'peer-172-22-2-1': 'vpn.example.org:51820' } })).toEqual([]);
  });

  test('remarks stand in the file on the lines that are named', () => {
    const { yaml, remarks } = read(hubConfig);
    const lines = yaml.split('\n');
    for (const { text, line } of remarks) expect(lines[line - 1]).toContain(text);
    expect(remarks.length).toBeGreaterThan(2);
  });

  test('has secrets, of which none gets into what is made of it', () => {
    const everything = JSON.stringify(read(hubConfig));
    expect(everything).not.toContain(psk);
    expect(everything).not.toContain(privateText(hub));
    expect(everything).toContain('PresharedKey');
  });

  test('gives facts: whose key is whose, and which tunnels have a preshared key', () => {
    const { yaml, facts } = read(hubConfig, {
      keysApart: true,
      names: { 'peer-172-22-2-1': 'hub' },
    });
    expect(facts.keys).toEqual({
      hub: { '0': hubKey },
      'ctu-prague': { '0': aliceKey },
      'peer-172-22-2-14': { '0': bobKey },
    });
    expect(facts.adopted).toEqual({
      [adoptedPair(`${hubKey}`, `${aliceKey}`)]: true,
      [adoptedPair(`${bobKey}`, `${hubKey}`)]: false,
    });
    expect(yaml).not.toContain(hubKey);
    expect(yaml).toContain('hub: hub');
  });

  test.each([
    [{ nobody: 'x' }, 'compile/import-unknown-name'],
    [{ 'peer-172-22-2-1': 'ctu-prague' }, 'compile/import-bad-name'],
    [{ 'peer-172-22-2-1': 'Hub' }, 'compile/import-bad-name'],
  ])('has machines, of which none can be called %o', (names, code) => {
    expect(() => read(hubConfig, { names })).toThrow(expect.objectContaining({ code }));
  });

  test('and a file of a member that sends everything into the tunnel', () => {
    const member = quick(
      `[Interface]\nAddress = 172.22.2.13/24\nPrivateKey = ${privateText(alice)}\n[Peer]\nPublicKey = ${hubKey}\nEndpoint = 203.0.113.50:51820\nAllowedIPs = 0.0.0.0/0\nPersistentKeepalive = 20\n`,
      'alice.conf',
    );
    const { yaml } = importNetwork([quick(hubConfig), member]);
    const [prague] = networkOf(yaml).members;
    expect(prague?.allowedIps?.map(String)).toEqual(['0.0.0.0/0']);
    expect(prague?.keepalive).toBe(20);
  });
});

test('behind a hub with subnets of its spokes each range goes to the one that has it', () => {
  const files = [
    quick(
      `[Interface]\nAddress = 10.0.0.1/24\nPrivateKey = ${privateText(hub)}\nListenPort = 51820\n[Peer]\n# north\nPublicKey = ${aliceKey}\nAllowedIPs = 10.0.0.2/32, 192.168.1.0/24\n[Peer]\n# south\nPublicKey = ${bobKey}\nAllowedIPs = 10.0.0.3/32, 192.168.2.0/24\n`,
      'hub.conf',
    ),
    quick(
      `[Interface]\nAddress = 10.0.0.2/24\nPrivateKey = ${privateText(alice)}\n[Peer]\nPublicKey = ${hubKey}\nEndpoint = 203.0.113.1:51820\nAllowedIPs = 10.0.0.0/24, 192.168.0.0/24, 192.168.2.0/24\n`,
      'north.conf',
    ),
  ];
  const network = networkOf(importNetwork(files).yaml);
  expect(
    network.sites.map(({ name, subnets }) => [name, subnets.map((s) => `${s.local}`)]),
  ).toEqual([
    ['hub', ['192.168.0.0/24']],
    ['north', ['192.168.1.0/24']],
    ['south', ['192.168.2.0/24']],
  ]);
  expect(network.topology).toEqual({ kind: 'hub', hubs: ['hub'] });
});

describe('MuPIF', () => {
  const json = {
    file: 'vpn.json',
    text: `{\n\t"iface": "musicode",\n\t"net": "172.22.2.1/24",\n\t"extAddr": "203.0.113.50",\n\t"extPort": "51820",\n\t"restart": 0,\n\t"peers": [\n\t\t["ctu-prague", "172.22.2.13"],\n\t\t["TU Delft", "172.22.2.14"]\n\t]\n}\n`,
  };

  test('the JSON of its generator gives hub, names and addresses', () => {
    const { yaml, left } = importNetwork([json]);
    const network = networkOf(yaml);
    expect(network.name).toBe('musicode');
    expect(network.members.map(({ name, overlay }) => [name, `${overlay[0]}`])).toEqual([
      ['ctu-prague', '172.22.2.13'],
      ['tu-delft', '172.22.2.14'],
    ]);
    expect(left.map(({ what }) => what)).toContain('restart');
  });

  test('with the configuration of its hub there are the keys as well', () => {
    const { yaml, remarks } = importNetwork([
      json,
      quick(hubConfig, '/etc/wireguard/musicode.conf'),
    ]);
    const network = networkOf(yaml);
    expect(network.sites[0]?.gateways[0]?.publicKey).toBe(hubKey);
    expect(network.members.map(({ name, publicKey }) => [name, publicKey])).toEqual([
      ['ctu-prague', aliceKey],
      ['tu-delft', bobKey],
    ]);
    expect(remarks.filter(({ kind }) => kind === 'question')).toEqual([]);
  });

  test('its map of keys gives names', () => {
    const map = { file: 'peers.json', text: JSON.stringify({ [bobKey ?? '']: 'Bob' }) };
    expect(importNetwork([map, quick(hubConfig)]).yaml).toContain('\n  bob:\n');
  });
});

describe('BiBiGrid', () => {
  const clouds = {
    file: 'bibigrid.yml',
    text: `- infrastructure: openstack
  cloud: bielefeld
  masterInstance: { type: mini, image: '^Ubuntu' }
  workerInstances: [{ type: tiny, image: x, count: 2 }]
  subnet: my-subnet
- infrastructure: openstack
  cloud: giessen
  vpnInstance: { type: mini, image: x }
  subnet: other
`,
  };

  test('says neither ranges nor floating IPs: these are questions', () => {
    const { yaml, remarks } = importNetwork([clouds]);
    const questions = remarks.filter(({ kind }) => kind === 'question').map(({ text }) => text);
    expect(questions).toHaveLength(4);
    expect(questions[0]).toContain('`my-subnet`');
    expect(networkOf(yaml).sites.map(({ name }) => name)).toEqual(['bielefeld', 'giessen']);
  });

  test('with the answers there is none left', () => {
    const { yaml, remarks } = importNetwork([clouds], {
      subnets: { bielefeld: ['192.168.66.0/24'], giessen: ['192.168.77.0/24'] },
      endpoints: { bielefeld: '203.0.113.10:51820', giessen: '198.51.100.20:51820' },
    });
    expect(remarks.filter(({ kind }) => kind === 'question')).toEqual([]);
    expect(allowedIpsOf(yaml, 'master')).toEqual({
      'vpn-giessen': ['10.0.0.2/32', '192.168.77.0/24'],
    });
  });

  test('its workers are left out, with their line', () => {
    const workers = importNetwork([clouds]).left.find(({ what }) => what.startsWith('worker'));
    expect(workers?.place).toEqual({ file: 'bibigrid.yml', line: 4, column: 3 });
  });
});

/** The code and place of what an import of these files refuses. */
function refusalOf(files: readonly ReturnType<typeof quick>[], options: ImportOptions = {}) {
  try {
    importNetwork(files, options);
  } catch (error) {
    if (error instanceof HawserError) return [error.code, error.place?.line];
    throw error;
  }
  return [];
}

describe('the vectors of wireguard-android', () => {
  const files = globSync('../shared/vectors/wireguard-android/*.conf').sort();
  const textOf = (file: string) => quick(readFileSync(file, 'utf8'), basename(file));

  test('there are ten', () => expect(files).toHaveLength(10));

  test.each(files)('%s', (file) => {
    const [code, line] = refusalOf([textOf(file)]);
    if (file.endsWith('working.conf')) expect(code).toBeUndefined();
    else {
      expect(code).toMatch(/^wireguard\//);
      expect(line).toBeGreaterThan(0);
    }
  });
});

describe('syntax from hell', () => {
  const json = (text: string) => quick(text, 'vpn.json');
  const yaml = (text: string) => quick(text, 'bibigrid.yml');
  const twice = `[Interface]\nAddress = 10.0.0.1/24\n[Peer]\nPublicKey = ${aliceKey}\nAllowedIPs = 10.0.0.2/32\n[Peer]\nPublicKey = ${bobKey}\nAllowedIPs = 10.0.0.2/32\n`;

  test.each([
    ['half a JSON', json('{"iface": "x", "peers": [["a"'), 'compile/import-not-json'],
    ['a JSON that is a list', json('[1, 2]'), 'compile/import-bad-value'],
    ['a peer that is no pair', json('{"peers": [\n["a"]]}'), 'compile/import-bad-value'],
    ['a peer without address', json('{"peers": [\n["a", "b"]]}'), 'compile/import-bad-value'],
    ['a hub with length 99', json('{"net": "10.0.0.1/99"}'), 'compile/import-bad-value'],
    [
      'a port of words',
      json('{"extAddr": "192.0.2.1", "extPort": "x"}'),
      'compile/import-bad-value',
    ],
    ['a keepalive below zero', json('{"keepalive": -1}'), 'compile/import-bad-value'],
    ['tabs in YAML', yaml('- cloud: a\n\tsubnet: b\n'), 'spec/yaml-syntax'],
    ['an open bracket', yaml('- cloud: [a\n'), 'spec/yaml-syntax'],
    ['the first BiBiGrid', yaml('mode: openstack\n'), 'compile/import-old-bibigrid'],
    ['a cloud without master', yaml('- cloud: a\n'), 'compile/import-bad-value'],
    ['no list', yaml('cloud: a\n'), 'compile/import-bad-value'],
    ['an empty YAML', yaml(''), 'spec/empty-file'],
    ['an empty configuration', quick(''), 'wireguard/missing-section'],
    ['bytes', quick('\0\u0001\u0002', 'x'), 'compile/import-unknown-format'],
    ['one address at two peers', quick(twice), 'compile/import-two-owners'],
    ['no address at all', quick('[Interface]\n'), 'compile/import-no-overlay'],
  ])('%s is refused with its code', (_, file, code) => {
    expect(refusalOf([file])[0]).toBe(code);
  });

  test('the same file twice, and kinds that do not go together', () => {
    expect(refusalOf([master, { ...master, file: 'copy.conf' }])).toEqual([
      'compile/import-same-machine',
      1,
    ]);
    expect(refusalOf([master, yaml('- cloud: a')])[0]).toBe('compile/import-mixed');
  });

  test('answers to what nobody asked, and that make no sense', () => {
    expect(refusalOf([master], { endpoints: { mastre: 'a:1' } })[0]).toBe(
      'compile/import-unknown-name',
    );
    expect(refusalOf([master], { subnets: { master: ['10.0.0.0/99'] } })[0]).toMatch(/^ip\//);
  });

  test('names of files cannot write into the new file', () => {
    const { yaml: text } = importNetwork([{ ...master, file: 'a\npolicy: []\n.conf' }]);
    expect(text).not.toMatch(/^policy/m);
    networkOf(text);
  });
});
