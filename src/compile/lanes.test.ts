import { expect, test } from 'vitest';
import { laneOf } from './lanes.ts';
import type { Model } from './model.ts';
import { portHolder } from './rotation.ts';
import { linked } from './testing.ts';

const file = (port: number): string => `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  a: { gateways: { ga: { endpoint: "192.0.2.1:${port}", port: ${port} } }, hosts: { a-1: { segment: lab, address: 10.9.0.11, mac: "02:00:00:00:00:11" } } }
  b: { gateways: { gb: { endpoint: "192.0.2.2:51820" } } }
members: { alone: {} }
segments:
  lab: { vni: 7, subnet: 10.9.0.0/24, sites: { a: { pool: 10.9.0.11-10.9.0.20, port: eth1 }, b: { pool: 10.9.0.21-10.9.0.30, port: eth1 } } }
`;

const portsOf = (model: Model): readonly number[] => {
  const node = model.nodesByName.get('ga');
  if (!node) throw new RangeError('no such machine');
  return [0, 1, 2].map((lane) => laneOf(model, node, lane).listenPort);
};

test.each([
  [14_786, [14_786, 14_787, 14_788]],
  [14_787, [14_787, 14_788, 14_785]],
  [14_788, [14_788, 14_787, 14_790]],
  [65_534, [65_534, 65_535, 65_532]],
])(
  'a machine at UDP %i has tunnels beside it at ports of their own, never at that of VXLAN',
  (port, ports) => {
    expect(portsOf(linked(file(port)))).toEqual(ports);
  },
);

test('a rotation is not given the port of VXLAN where segments are', () => {
  const model = linked(file(51_820));
  expect(portHolder(model, 'ga', 14_789)).toBe('ga');
  expect(portHolder(model, 'ga', 14_788)).toBeUndefined();
  const plain = linked(
    file(51_820)
      .replace(/, hosts:.*/, ' }')
      .replace(/segments:[^]*/, ''),
  );
  expect(portHolder(plain, 'ga', 14_789)).toBeUndefined();
});
