import { describe, expect, test } from 'vitest';
import { affected } from '../../affected.ts';
import { check } from '../../check/check.ts';
import { linked } from '../../testing.ts';
import { trace } from '../../trace/trace.ts';
import { project } from '../project.ts';

const space = 'qrouter-3f4d2c1b';

const file = (
  more = `routers: { tenant: { site: cloud, external: true, namespace: ${space}, tunnel: true } }`,
) => `
version: 1
network: tenant
overlay: [10.77.0.0/24, "fd77::/64"]
dns: { zone: tenant.test }
sites:
  cloud:
    subnets: [10.20.0.0/24]
    gateways: { net-node: { endpoint: 10.77.200.1:51820, address: 10.20.0.1 } }
    hosts: { vm-1: { address: 10.20.0.11 } }
  office:
    subnets: [192.168.77.0/24]
    gateways: { vpn: { endpoint: 192.168.77.200:51820, address: 192.168.77.4 } }
    hosts: { desk-1: { address: 192.168.77.11 } }
policy:
  - { from: [site:office], to: [site:cloud], ports: [tcp/22] }
${more}
`;

describe('a gateway whose tunnel lives in a router of others', () => {
  const model = linked(file());
  const { namespaces, tunnels, probes } = project(model, 'net-node');
  const { [space]: inside = {} } = namespaces;

  test('has its socket in its own namespace, where nothing else is', () => {
    expect(tunnels['main']).toMatchObject({ bornIn: 'root', livesIn: space });
    expect(namespaces).toEqual({ root: {}, [space]: inside });
  });

  test('has address, routes, forwarding and filter of the tunnel in the router, and none of its devices', () => {
    expect(inside.external?.items).toEqual([{ router: 'tenant' }]);
    expect(inside.addresses?.items.map(({ address }) => address)).toContain('10.77.0.1/32');
    expect(inside.routes?.items.map(({ prefix }) => prefix)).toContain('192.168.77.0/24');
    const devices = [inside.forwarding, inside.addresses, inside.sysctls].flatMap(
      (facility): readonly { readonly device?: unknown }[] => facility?.items ?? [],
    );
    expect(new Set(devices.map(({ device }) => device))).toEqual(new Set(['hw-tenant']));
    expect(inside.nft?.items.map(({ name }) => name)).toEqual(['hawser-tenant']);
    expect(Object.keys(inside).sort()).toEqual(
      ['addresses', 'external', 'forwarding', 'links', 'nft', 'routes', 'sysctls'].sort(),
    );
  });

  test('sends its own packets past routes of the router: an endpoint inside the network needs no pin', () => {
    expect(tunnels['main']?.fwmark).toBeUndefined();
    expect(project(linked(file('')), 'net-node').tunnels['main']?.fwmark).toBeDefined();
  });

  test('asks others whether they answer and is asked, but not for names', () => {
    expect(probes).toMatchObject({ address: '10.77.0.1', peers: { vpn: {} } });
    const far = project(model, 'vpn');
    expect(far.probes?.peers).toMatchObject({ 'net-node': { address: '10.77.0.1' } });
    expect(Object.keys(far.probes?.hosts?.asked ?? {})).toContain('vm-1');
    expect(far.namespaces['root']?.splitDns?.items[0]?.servers).toEqual(
      far.namespaces['root']?.addresses?.items.map(({ address }) => address.split('/')[0]),
    );
  });

  test('is proven and traced like any other; a trace names the namespace', () => {
    expect(check(model).diagnostics).toEqual([]);
    const port = (first: number) => ({ protocol: 'tcp', first, last: first }) as const;
    expect(trace(model, 'desk-1', 'vm-1', port(22))).toMatchObject({
      verdict: 'allow',
      reason: expect.stringContaining(`on net-node all of it is in namespace ${space}`),
    });
    expect(trace(model, 'desk-1', 'vm-1', port(80))).toMatchObject({ verdict: 'deny' });
  });

  test('is another machine, also for others, than one whose tunnel is its own', () => {
    expect(affected(linked(file('')), model)).toEqual(expect.arrayContaining(['net-node', 'vpn']));
  });
});
