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
const setsOf = (text: string, gateway?: string) =>
  Object.fromEntries(
    borderAt(text, gateway)
      .sets.filter(({ elements }) => elements.length > 0)
      .map(({ name, elements }) => [name, elements]),
  );

test('what crosses the border is looked up by the side it comes from, before all other filters', () => {
  const { chains, ...border } = borderAt(file());
  expect(border).toMatchObject({ family: 'bridge', name: 'hawser-net' });
  const [far, forward, near] = chains;
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

test('a machine that comes or changes its MAC address concerns all gateways of its segment', () => {
  const [before, after] = [file(), file('').replace('hosts: {  }', '')].map((text) => linked(text));
  if (!before || !after) throw new Error('both are linked');
  expect(affected(before, after)).toEqual(['ga', 'gb']);
  // Its own gateway tells it from those who pretend to be it.
  expect(affected(before, linked(file().replace('0B', '0C')))).toEqual(['ga', 'gb']);
  const allowed = linked(file().replace('0B"', '0B", allow: 192.168.7.0/24'));
  expect(affected(before, allowed)).toEqual(['ga', 'gb']);
});
