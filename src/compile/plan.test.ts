import { describe, expect, test } from 'vitest';
import { affected } from './affected.ts';
import { formatPlan, plan } from './index.ts';
import { linked } from './testing.ts';

const file = (extra = '', policy = ''): string => `
version: 1
network: t
overlay: 10.99.0.0/24
topology: mesh
sites:
  a:
    subnets: [10.1.0.0/24]
    gateways: { ga: { endpoint: "203.0.113.1:51820", address: 10.1.0.1, overlay: 10.99.0.1 } }
    hosts: { ha: { address: 10.1.0.10 } }
  b:
    subnets: [10.2.0.0/24]
    gateways: { gb: { endpoint: "203.0.113.2:51820", address: 10.2.0.1, overlay: 10.99.0.2 } }
members:
  lap: { hub: a, managed: false, overlay: 10.99.0.9 }
${extra}
${policy}`;

const late = '  late: { hub: a, overlay: 10.99.0.20 }';

describe('who a change affects', () => {
  test('nobody, if nothing changed', () => {
    expect(affected(linked(file()), linked(file()))).toEqual([]);
  });

  test('the hub, the core and the member itself, when a member joins', () => {
    expect(affected(linked(file()), linked(file(late)))).toEqual(['ga', 'gb', 'late']);
  });

  test('the member and its hub only, when a member changes how it keeps alive', () => {
    const after = file(late.replace('}', ', keepalive: 10 }'));
    expect(affected(linked(file(late)), linked(after))).toEqual(['ga', 'late']);
  });
});

describe('a plan', () => {
  test('that changes nothing says so', () => {
    expect(formatPlan(plan(linked(file()), linked(file())))).toBe('No changes.\n');
  });

  test('says what each machine will do and who joins', () => {
    const text = formatPlan(plan(linked(file()), linked(file(late))));
    expect(text).toContain('late joins the network');
    expect(text).toMatch(/ga:\n(.*\n)* {2}add peer late/);
  });

  test('names pairs newly denied and newly allowed', () => {
    const narrow = file('', 'policy: [{ from: [lap], to: [ha], ports: [tcp/22] }]');
    const { access } = plan(linked(file()), linked(narrow));
    const denied = access.map(({ from, to, port }) => `${from} ${to} ${port}`);
    expect(denied).toContain('gb ha icmp');
    expect(denied).toContain('lap ha icmp');
    expect(denied).not.toContain('lap ha tcp/22');
    expect(denied).not.toContain('ga ha icmp');
    const back = plan(linked(narrow), linked(file())).access;
    expect(back.every((change) => change.after === 'allow')).toBe(true);
    expect(back).toHaveLength(access.length);
  });

  test('tells ranges of ports as the policy means them', () => {
    const ports = (text: string) =>
      linked(file('', `policy: [{ from: [lap], to: [ha], ports: [${text}] }]`));
    const { access } = plan(ports('tcp/22'), ports('tcp/22-30, udp'));
    expect(access.map(({ from, to, port }) => `${from} ${to} ${port}`)).toEqual([
      'lap ha tcp/23-30',
      'lap ha udp',
    ]);
  });

  test('tells which exports go stale', () => {
    const moved = file().replace('203.0.113.1:51820', '203.0.113.7:51820');
    expect(plan(linked(file()), linked(moved)).staleExports).toEqual(['lap']);
    expect(plan(linked(file()), linked(file(late))).staleExports).toEqual([]);
  });

  test('warns of what interrupts: another key begins a session anew', () => {
    const key = `${'A'.repeat(42)}E=`;
    const after = linked(file().replace('gb: { endpoint', `gb: { key: "${key}", endpoint`));
    const { blinks } = plan(linked(file()), after);
    expect(blinks.map((blink) => blink.machine)).toContain('ga');
  });
});
