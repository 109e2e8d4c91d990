import { expect, test } from 'vitest';
import { linked } from '../testing.ts';
import { plan } from './plan.ts';
import { formatPlan } from './text.ts';

const file = (policy: string, machines = 2): string => {
  const hosts = (letter: string, base: number): string =>
    Array.from({ length: machines }, (_, i) => {
      const mac = `02:00:00:00:${base.toString(16).padStart(2, '0')}:${i.toString(16).padStart(2, '0')}`;
      return `${letter}-${i}: { segment: lab, address: 10.9.${base}.${i + 1}, mac: "${mac}", tags: t${i % 2} }`;
    }).join(', ');
  return `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  a: { gateways: { ga: { endpoint: 192.0.2.1:51820, overlay: 10.0.0.1 } }, hosts: { ${hosts('a', 0)} } }
  b: { gateways: { gb: { endpoint: 192.0.2.2:51820, overlay: 10.0.0.2 } }, hosts: { ${hosts('b', 1)} } }
segments:
  lab:
    vni: 7
    subnet: 10.9.0.0/16
    sites: { a: { pool: 10.9.0.1-10.9.0.200, port: eth1 }, b: { pool: 10.9.1.1-10.9.1.200, port: eth1 } }
policy: ${policy}
`;
};
const textOf = (...files: readonly [string, string]): string => {
  const [before, after] = [linked(files[0]), linked(files[1])];
  return formatPlan(plan(before, after), before, after);
};

test('a plan says what machines of segments may do anew, and what no more', () => {
  const some = file('[{ from: a-0, to: b-1, ports: [tcp/22] }]');
  expect(textOf(file('[]'), some)).toContain('Newly allowed:\n  a-0 -> b-1 tcp/22\n');
  expect(textOf(some, file('[]'))).toContain('Newly denied:\n  a-0 -> b-1 tcp/22\n');
});

test('of many it is told in words of the file', () => {
  const after = file('[{ from: "tag:t1", to: "site:b", ports: [tcp/80] }]', 60);
  const { access } = plan(linked(file('[]', 60)), linked(after));
  expect(access.map(({ port }) => port)).toContain('tcp/80');
  expect(access.length).toBeLessThan(10);
});
