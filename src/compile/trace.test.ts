import { describe, expect, test } from 'vitest';
import { linked } from './testing.ts';
import { trace } from './trace/trace.ts';

const ssh = { protocol: 'tcp', first: 22, last: 22 } as const;
const icmp = { protocol: 'icmp' } as const;

const file = `
version: 1
network: t
overlay: 10.99.0.0/24
topology: mesh
sites:
  a:
    subnets: [10.1.0.0/24]
    mtu: 1450
    gateways: { ga: { endpoint: "203.0.113.1:51820", address: 10.1.0.1, overlay: 10.99.0.1 } }
    hosts: { ha: { address: 10.1.0.10 }, hb: { address: 10.1.0.11 } }
  b:
    subnets: [10.2.0.0/24]
    gateways: { gb: { endpoint: "203.0.113.2:51820", address: 10.2.0.1, overlay: 10.99.0.2 } }
    hosts: { hc: { address: 10.2.0.10 } }
members:
  lap: { hub: a, overlay: 10.99.0.9 }
policy:
  - { name: ssh-in, from: [ha], to: [site:b], ports: [tcp/22, icmp] }
  - { from: [lap], to: [hc] }
`;

describe('a trace', () => {
  const model = linked(file);

  test('names every hop there and back, with device, peer and MTU', () => {
    const found = trace(model, 'ha', 'hc', ssh);
    expect(found.verdict).toBe('allow');
    expect(found.hops.map((h) => [h.machine, h.interface, h.peer])).toEqual([
      ['ha', 'lan', undefined],
      ['ga', 'hw-t', 'gb'],
      ['gb', 'lan', undefined],
      ['hc', undefined, undefined],
    ]);
    expect(found.back.map((h) => h.machine)).toEqual(['hc', 'gb', 'ga', 'ha']);
    expect(found.mtu).toBe(1390);
  });

  test('names the rule that decided, with its line', () => {
    expect(trace(model, 'ha', 'hc', ssh).decision).toEqual({
      machine: 'gb',
      counter: 'policy-ssh-in',
      rule: 'ssh-in',
      place: expect.objectContaining({ line: 19 }),
    });
  });

  test('says where a flow is refused that no rule lets through', () => {
    const found = trace(model, 'ha', 'hc', { protocol: 'tcp', first: 80, last: 80 });
    expect(found.verdict).toBe('deny');
    expect(found.decision).toEqual({ machine: 'gb', counter: 'deny' });
    expect(found.reason).toContain('gb refuses it');
  });

  test('of two hosts on one network says that nothing of ours decides', () => {
    expect(trace(model, 'ha', 'hb', ssh).verdict).toBe('outside');
  });

  test('from a member goes through its site', () => {
    const found = trace(model, 'lap', 'hc', icmp);
    expect(found.hops.map((h) => h.machine)).toEqual(['lap', 'ga', 'gb', 'hc']);
    expect(found.source).toBe('10.99.0.9');
  });

  test('to an address outside the network says that there is no route of ours', () => {
    const found = trace(model, 'ha', '8.8.8.8', icmp);
    expect(found.verdict).toBe('unreachable');
    expect(found.reason).toContain('no route to 8.8.8.8');
  });

  test('to an address nobody has says so', () => {
    const found = trace(model, 'ga', '10.99.0.77', icmp);
    expect(found.reason).toBe('ga has no peer whose allowed IPs hold 10.99.0.77');
  });

  test('of an unknown machine is an error that lists who there is', () => {
    expect(() => trace(model, 'nobody', 'hc', icmp)).toThrow(/no machine or host named nobody/);
  });
});
