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

test('what is for all stays in its site, and so does DHCP of both families, coming and going', () => {
  const [border, ...others] =
    project(linked(file()), 'ga').namespaces['hw-net-lab']?.nft?.items ?? [];
  const is = (left: string, right: string | string[]) => ({ left, op: '==', right });
  const group = is('meta pkttype', ['broadcast', 'multicast']);
  const dhcp = is('udp dport', ['67', '68', '546', '547']);
  const drop = (side: string, what: object) => ({
    match: [is(side, 'vxlan'), what],
    counter: 'border',
    verdict: 'drop',
  });
  expect(others).toEqual([]);
  expect(border).toMatchObject({ family: 'bridge', name: 'hawser-net', counters: ['border'] });
  expect(border?.chains).toEqual([
    {
      name: 'forward',
      hook: { type: 'filter', hook: 'forward', priority: -200, policy: 'accept' },
      rules: [
        drop('iifname', group),
        drop('oifname', group),
        drop('iifname', dhcp),
        drop('oifname', dhcp),
      ],
    },
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

test('a machine that comes or changes its MAC address concerns the gateways that send to it', () => {
  const [before, after] = [file(), file('').replace('hosts: {  }', '')].map((text) => linked(text));
  if (!before || !after) throw new Error('both are linked');
  expect(affected(before, after)).toEqual(['ga']);
  expect(affected(before, linked(file().replace('0B', '0C')))).toEqual(['ga']);
});
