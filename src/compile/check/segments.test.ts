import { expect, test } from 'vitest';
import { linked } from '../testing.ts';
import { check } from './check.ts';
import { proveSegments } from './segments.ts';

const host = (site: string, last: number, tags = ''): string =>
  `${site}-${last}: { segment: lab, address: 10.9.0.${last}, mac: "02:00:00:00:00:${last}"${tags} }`;

const site = (name: string, underlay: number, hosts: readonly string[]): string => `
  ${name}:
    gateways: { g${name}: { endpoint: "192.0.2.${underlay}:51820" } }
    hosts: { ${hosts.join(', ')} }`;

const file = (rest = '', at = [host('a', 11), host('a', 12)]): string => `
version: 1
network: net
overlay: 10.0.0.0/24
sites: ${site('a', 1, at)}${site('b', 2, [host('b', 21), host('b', 22), host('b', 23)])}
segments:
  lab:
    vni: 7
    subnet: 10.9.0.0/24
    router: 10.9.0.1
    sites:
      a: { pool: 10.9.0.11-10.9.0.20, port: eth1 }
      b: { pool: 10.9.0.21-10.9.0.30, port: eth1 }
routers:
  way: { site: a, segments: [lab], uplink: { address: 10.5.0.2/24, via: 10.5.0.1 }, egress: [10.254.0.1/32] }
${rest}
`;

test('all pairs of a segment are proven, by one of each class; those at one site are told apart', () => {
  const { proof, diagnostics } = check(linked(file()));
  expect(diagnostics).toEqual([]);
  // Five machines, and the router that they reach: two pairs at the one site and six at the other are beside ours.
  expect(proof.inside).toEqual({ pairs: 25, outside: 8, classes: 3 });
});

test('machines of which other rules speak are classes of their own', () => {
  const policed = linked(file('policy: [{ from: a-11, to: "site:b", ports: [tcp/22] }]'));
  expect(check(policed).diagnostics).toEqual([]);
  expect(proveSegments(policed).classes).toBe(4);
});

test('what the compiled states do otherwise than the file says is told once, with the machine that refuses it', () => {
  const model = linked(file('policy: [{ from: a-11, to: "site:b", ports: [tcp/22] }]'));
  expect(proveSegments(model).diagnostics).toEqual([]);
  const open = { ...model, policy: linked(file('policy: [{ from: all, to: all }]')).policy };
  // The machines are those of the first model, and have its filters.
  expect(proveSegments(open as typeof model).diagnostics.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^a-11 cannot reach b-21: no rule of the policy.* ga drops it/),
    expect.stringMatching(/^b-21 cannot reach a-11: no rule of the policy.* gb drops it/),
  ]);
});

test('nothing is told twice of gateways without a way to each other', () => {
  const apart = linked(
    file().replace('overlay: 10.0.0.0/24', 'overlay: 10.0.0.0/24\ntopology: { links: [] }'),
  );
  const said = check(apart).diagnostics.map(({ code }) => code);
  expect(said).toEqual(['compile/unreachable']);
});

test('a segment without machines has nothing to prove', () => {
  expect(
    check(linked(file('', []).replace(/hosts: \{ b-21.*\}\n/, '\n'))).proof.inside?.pairs,
  ).toBe(undefined);
});
