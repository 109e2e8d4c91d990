import { expect, test } from 'vitest';
import type { Draft } from './draft.ts';
import type { Sketch } from './states.ts';
import { gatewayA, hostRoutes, worldOf } from './two-sites.ts';
import { type Question, walk } from './walker.ts';

/** Site a as before; site c is a cluster of two nodes, each with its own tunnel and pods. */
const cluster: Draft = {
  version: 1,
  network: 'test',
  overlay: ['10.0.0.0/24'],
  topology: 'mesh',
  sites: {
    a: {
      subnets: ['192.168.66.0/24'],
      gateways: { 'gw-a': { endpoint: '203.0.113.10:51820', address: ['192.168.66.4'] } },
      hosts: { 'host-a': { address: ['192.168.66.11'] } },
    },
    c: {
      subnets: ['192.168.88.0/24'],
      nodes: {
        one: { endpoint: '203.0.113.31:5555', address: ['192.168.88.11'], pods: ['10.128.0.0/23'] },
        two: { endpoint: '203.0.113.32:5555', address: ['192.168.88.12'], pods: ['10.128.2.0/23'] },
      },
    },
  },
};

const node = (name: string, overlay: string): Sketch => ({
  name,
  overlay: [overlay],
  peers: {
    'gw-a': { endpoint: '203.0.113.10:51820', allowed: ['10.0.0.1/32', '192.168.66.0/24'] },
  },
  routes: [
    { prefix: '10.0.0.1/32', device: 'wg0' },
    { prefix: '192.168.66.0/24', device: 'wg0' },
  ],
  forwards: ['wg0'],
});

const gateway: Sketch = {
  ...gatewayA,
  peers: {
    one: {
      endpoint: '203.0.113.31:5555',
      allowed: ['10.0.0.11/32', '10.128.0.0/23', '192.168.88.11/32'],
    },
    two: {
      endpoint: '203.0.113.32:5555',
      allowed: ['10.0.0.12/32', '10.128.2.0/23', '192.168.88.12/32'],
    },
  },
  routes: [
    { prefix: '10.128.0.0/22', device: 'wg0' },
    { prefix: '192.168.88.0/24', device: 'wg0' },
  ],
};

const routes = {
  ...hostRoutes,
  'host-a': [{ prefix: '10.128.0.0/22', via: '192.168.66.4', table: 254 }],
};
const world = (one: Partial<Sketch> = {}) =>
  worldOf(
    [gateway, { ...node('one', '10.0.0.11'), ...one }, node('two', '10.0.0.12')],
    cluster,
    routes,
  );
const toPod: Question = { from: 'host-a', destination: '10.128.2.7', protocol: 'icmp' };

test('a pod is reached through the tunnel of its own node', () => {
  const result = walk(world(), toPod);
  expect(result.verdict).toBe('allow');
  expect(result.hops.map((h) => [h.machine, h.interface])).toEqual([
    ['host-a', 'lan'],
    ['gw-a', 'wg0'],
    ['two', 'pods'],
  ]);
});

test('a pod speaks from its own address, through its node', () => {
  const question = {
    from: 'one',
    source: '10.128.0.9',
    destination: '192.168.66.11',
    protocol: 'tcp' as const,
    port: 80,
  };
  expect(walk(world(), question)).toMatchObject({
    verdict: 'allow',
    hops: [{ machine: 'one' }, {}, {}],
  });
});

test('pods of two nodes meet over the cluster network, past our tunnels', () => {
  const question: Question = {
    from: 'one',
    source: '10.128.0.9',
    destination: '10.128.2.7',
    protocol: 'icmp',
  };
  const result = walk(world(), question);
  expect(result.hops.map((h) => [h.machine, h.interface])).toEqual([
    ['one', 'lan'],
    ['two', 'pods'],
  ]);
});

test('a node that does not forward reaches no pod', () => {
  const result = walk(world({ forwards: [] }), { ...toPod, destination: '10.128.0.7' });
  expect(result).toMatchObject({
    verdict: 'unreachable',
    reason: expect.stringMatching(/one does not forward/) as string,
  });
});

test('pods given to the wrong node are reached by a detour, and their answer is refused', () => {
  const peers = {
    one: { endpoint: '203.0.113.31:5555', allowed: ['10.0.0.11/32', '192.168.88.11/32'] },
    two: {
      endpoint: '203.0.113.32:5555',
      allowed: ['10.0.0.12/32', '10.128.0.0/22', '192.168.88.12/32'],
    },
  };
  const sketches = [{ ...gateway, peers }, node('one', '10.0.0.11'), node('two', '10.0.0.12')];
  const result = walk(worldOf(sketches, cluster, routes), { ...toPod, destination: '10.128.0.7' });
  expect(result.hops.map((h) => h.machine)).toEqual(['host-a', 'gw-a', 'two', 'one']);
  expect(result).toMatchObject({
    verdict: 'unreachable',
    reason: 'gw-a does not allow 10.128.0.7 from one',
  });
});
