import { expect, test } from 'vitest';
import { loadNetwork } from '#spec';
import { affected } from '../../affected.ts';
import { proveSegments } from '../../check/segments.ts';
import { emptyFacts } from '../../inputs.ts';
import { assumeKeys, link } from '../../link.ts';
import { linked } from '../../testing.ts';
import { trace } from '../../trace/trace.ts';
import { project } from '../project.ts';

const file = (members = 'm: { hub: a, segment: lab }', policy = '') => `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  a:
    gateways: { ga: { endpoint: 192.0.2.1:51820, overlay: 10.0.0.1 } }
    hosts: { a-1: { segment: lab, address: 10.9.0.2, mac: "02:00:00:00:00:0a" } }
members: { ${members} }
segments:
  lab:
    vni: 7
    subnet: 10.9.0.0/24
    pool: 10.9.0.200-10.9.0.201
    sites:
      a: { pool: 10.9.0.2-10.9.0.99, port: eth1 }
${policy}`;

const mac = /^02:6d(:[0-9a-f]{2}){4}$/;

test('a member alone has an address of the pool of its segment, on a device of its own', () => {
  const { namespaces } = project(linked(file()), 'm');
  const space = namespaces['hw-net-lab'];
  expect(space?.veths).toEqual({
    v: 2,
    items: [
      {
        name: 'member',
        mac: expect.stringMatching(/^02:6e/),
        bridge: 'bridge',
        peer: {
          namespace: 'root',
          name: 'vni7',
          mac: expect.stringMatching(mac),
          mtu: 1390,
          addresses: ['10.9.0.200/24'],
        },
      },
    ],
  });
  expect(space?.ports).toBeUndefined();
  expect(space?.fdb?.items).toEqual([
    { device: 'vxlan', mac: '02:00:00:00:00:0a', to: '10.0.0.1' },
  ]);
  expect(namespaces['root']?.addresses?.items).toEqual([
    { device: 'hw-net', address: '10.0.0.2/32' },
  ]);
});

test('its gateway finds it as it finds those of a site, and hears it as itself alone', () => {
  const { namespaces } = project(linked(file()), 'ga');
  expect(namespaces['hw-net-lab']?.tables?.items).toMatchObject([
    { site: 'a', peers: [], alone: [{ name: 'm', address: '10.0.0.2' }] },
  ]);
  const [self] = namespaces['hw-net-lab']?.neighbours?.items ?? [];
  expect(self).toMatchObject({ address: '10.9.0.200', mac: expect.stringMatching(mac) });
  const right = `0x${self?.mac.replaceAll(':', '').slice(1)}`;
  const [root] = namespaces['root']?.nft?.items ?? [];
  expect(root?.chains.find(({ name }) => name === 'alone')?.rules).toEqual([
    {
      match: [
        { left: 'ip saddr', op: '==', right: '10.0.0.2' },
        { left: '@th,176,48', op: '!=', right },
      ],
      counter: 'vxlan',
      verdict: 'drop',
    },
  ]);
});

test('it is followed between its segment and itself, and by its tunnel to all else', () => {
  const model = linked(file());
  const icmp = { protocol: 'icmp' } as const;
  expect(trace(model, 'a-1', 'm', icmp)).toMatchObject({
    verdict: 'allow',
    destination: '10.9.0.200',
    hops: [{ machine: 'a-1' }, { machine: 'ga', peer: 'm' }, { machine: 'm' }],
  });
  expect(trace(model, 'm', 'ga', icmp)).toMatchObject({ source: '10.0.0.2', verdict: 'allow' });
});

test('a policy that names it means it in the segment, too', () => {
  const rules = 'policy: [{ from: m, to: a-1, ports: [tcp/22] }]\n';
  const model = linked(file(undefined, rules));
  const ssh = { protocol: 'tcp', first: 22, last: 22 } as const;
  expect(trace(model, 'm', 'a-1', ssh).verdict).toBe('allow');
  expect(trace(model, 'a-1', 'm', ssh).verdict).toBe('deny');
});

test('two of them meet in the segment by their addresses there, and the policy is proven for those', () => {
  const rules = 'policy: [{ from: m, to: n, ports: [tcp/22] }]\n';
  const model = linked(file('m: { hub: a, segment: lab }, n: { hub: a, segment: lab }', rules));
  const ssh = { protocol: 'tcp', first: 22, last: 22 } as const;
  expect(trace(model, 'm', '10.9.0.201', ssh)).toMatchObject({
    verdict: 'allow',
    source: '10.9.0.200',
  });
  expect(trace(model, 'm', 'n', ssh)).toMatchObject({ verdict: 'allow', source: '10.0.0.2' });
  expect(proveSegments(model).diagnostics).toEqual([]);
});

const way = `
routers:
  r:
    site: a
    segments: [lab]
    uplink: { address: 10.5.0.2/24, via: 10.5.0.1 }
    egress: [192.0.2.0/30, { to: 198.51.100.7/32, ports: [tcp/443] }, proxy.example.org]
`;

const routed = (more = ''): string =>
  file(undefined, way + more).replace(
    'subnet: 10.9.0.0/24',
    'subnet: 10.9.0.0/24\n    router: 10.9.0.1',
  );

test('it leaves by the router of its segment to what is on the list, but for where its own tunnel ends', () => {
  const { namespaces } = project(linked(routed()), 'm');
  const ways = namespaces.root?.routes?.items.filter(({ device }) => device === 'vni7');
  expect(ways?.map(({ prefix, via }) => [prefix, via])).toEqual([
    ['192.0.2.0/32', '10.9.0.1'],
    ['192.0.2.2/31', '10.9.0.1'],
    ['198.51.100.7/32', '10.9.0.1'],
  ]);
  const refusing = namespaces.root?.routes?.items.filter(({ type }) => type === 'unreachable');
  expect(refusing?.map(({ prefix }) => prefix)).toContain('198.51.100.7/32');
});

test('its way out is followed to the entry that lets it, and where it has none that is said', () => {
  const model = linked(routed());
  const https = { protocol: 'tcp', first: 443, last: 443 } as const;
  expect(trace(model, 'm', '198.51.100.7', https)).toMatchObject({
    verdict: 'allow',
    source: '10.9.0.200',
    hops: [
      { machine: 'm', peer: 'ga' },
      { machine: 'ga' },
      { machine: 'r', source: '10.5.0.2' },
      { machine: 'ga' },
    ],
  });
  expect(trace(model, 'm', '198.51.100.7', { protocol: 'icmp' })).toMatchObject({
    verdict: 'deny',
    decision: { machine: 'ga', counter: 'denied' },
  });
  for (const elsewhere of ['proxy.example.org', '192.0.2.1', '203.0.113.9'])
    expect(trace(model, 'm', elsewhere, https).verdict).toBe('unreachable');
  expect(trace(model, 'm', 'proxy.example.org', https).reason).toMatch(/by its own way/);
});

test('all of the internet is its own to reach, and of what its router would let out that is said', () => {
  const text = routed().replace('egress: [', 'egress: [{ internet: true }, ');
  const { network } = loadNetwork('hawser.yaml', { read: () => text, glob: () => [] });
  if (!network) throw new Error('it is a warning alone');
  const model = link({ ...assumeKeys(network, emptyFacts), network, epoch: 'test', rev: 1 });
  const found = trace(model, 'm', '203.0.114.9', { protocol: 'icmp' });
  expect(found).toMatchObject({ verdict: 'unreachable' });
  expect(found.reason).toMatch(/ranges of its list alone, and goes to all else by its own way/);
});

test('one that comes concerns all of its segment, and keeps its address when it is called otherwise', () => {
  const [none, one] = [linked(file('')), linked(file())];
  expect(affected(none, one)).toEqual(['ga', 'm']);
  const given = one.inputs.ledger;
  const renamed = linked(file('m0: { hub: a, segment: lab, was: m }'), {
    ...emptyFacts,
    ledger: given,
  });
  expect(renamed.network.segments[0]?.stations.map(({ addresses }) => `${addresses}`)).toEqual([
    '10.9.0.2',
    '10.9.0.200',
  ]);
});
