import { expect, test } from 'vitest';
import { formatPort } from '#spec';
import { joinPorts, portAtoms } from './port-atoms.ts';
import { networkOf } from './testing.ts';

const withPorts = (ports: string) =>
  networkOf(`version: 1
network: t
overlay: 10.99.0.0/24
topology: { hub: [a] }
sites: { a: { gateways: { g: { endpoint: "203.0.113.1:1" } } } }
members: { m: {} }
policy: [{ from: [m], to: [g], ports: ${ports} }]`);

test('ports are cut where a rule begins or ends, and nowhere else', () => {
  expect(portAtoms([withPorts('[tcp/22-30, udp/53]')]).map(formatPort)).toEqual([
    'icmp',
    'tcp/1-21',
    'tcp/22-30',
    'tcp/31-65535',
    'udp/1-52',
    'udp/53',
    'udp/54-65535',
  ]);
});

test('what belongs together is told as one', () => {
  const atoms = portAtoms([withPorts('[tcp/22-30]'), withPorts('[tcp/25]')]);
  expect(joinPorts(atoms).map(formatPort)).toEqual(['icmp', 'tcp', 'udp']);
  const some = atoms.filter((port) => formatPort(port) !== 'tcp/25');
  expect(joinPorts(some).map(formatPort)).toEqual(['icmp', 'tcp/1-24', 'tcp/26-65535', 'udp']);
});
