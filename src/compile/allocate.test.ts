import { expect, test } from 'vitest';
import { allocate, settled } from './allocate.ts';
import { emptyFacts, type Ledger } from './inputs.ts';
import { networkOf } from './testing.ts';

const members = (names: string, overlay = '10.99.0.0/29'): string =>
  `version: 1\nnetwork: t\noverlay: ${overlay}\ntopology: { hub: [a] }\nsites: { a: { gateways: { g: { endpoint: "203.0.113.1:1", overlay: 10.99.0.1 } } } }\nmembers: { ${names} }`;

const empty: Ledger = emptyFacts.ledger;

test('machines without an address get the next free one, by name; the ends of the prefix stay free', () => {
  const { ledger } = allocate(networkOf(members('b: {}, a1: {}')), empty);
  expect(ledger.addresses).toEqual({ a1: ['10.99.0.2'], b: ['10.99.0.3'] });
});

test('what was given stays given when others come and go', () => {
  const first = allocate(networkOf(members('b: {}, c: {}')), empty).ledger;
  const second = allocate(networkOf(members('a1: {}, c: {}')), first, 7).ledger;
  expect(second.addresses).toEqual({ a1: ['10.99.0.4'], c: ['10.99.0.3'] });
  expect(second.tombstones).toEqual({ '10.99.0.2': 7 });
  expect(allocate(networkOf(members('a1: {}, c: {}')), second, 8).ledger).toEqual(second);
});

test('a machine that changes its name keeps its address', () => {
  const first = allocate(networkOf(members('b: {}, c: {}')), empty).ledger;
  const second = allocate(networkOf(members('d: { was: c }, b: {}')), first).ledger;
  expect(second.addresses).toEqual({ b: ['10.99.0.2'], d: ['10.99.0.3'] });
  expect(second.tombstones).toEqual({});
});

test('an address that the file now gives to another machine is taken from the ledger', () => {
  const first = allocate(networkOf(members('b: {}')), empty).ledger;
  const second = allocate(networkOf(members('b: {}, c: { overlay: 10.99.0.2 }')), first).ledger;
  expect(second.addresses).toEqual({ b: ['10.99.0.3'] });
});

test('an overlay without a free address says for whom, and where to look', () => {
  const { diagnostics } = allocate(networkOf(members('b: {}, c: {}', '10.99.0.0/30')), empty);
  expect(diagnostics.map((d) => [d.code, d.place?.line])).toEqual([
    ['compile/overlay-exhausted', 6],
  ]);
  expect(diagnostics[0]?.message).toContain('left for c');
});

test('an overlay that is far too small is one mistake, not one for each machine', () => {
  const names = Array.from({ length: 100 }, (_, i) => `m${i}: {}`).join(', ');
  const { diagnostics } = allocate(networkOf(members(names, '10.99.0.0/29')), empty);
  expect(diagnostics.map(({ message }) => message)).toEqual([
    'the overlay 10.99.0.0/29 has no address left for m13 and 94 more',
  ]);
});

test('each overlay prefix gives one address, IPv4 and IPv6', () => {
  const { ledger } = allocate(networkOf(members('b: {}', '[10.99.0.0/29, "fd00:99::/64"]')), empty);
  expect(ledger.addresses).toEqual({ b: ['10.99.0.2', 'fd00:99::1'], g: ['fd00:99::2'] });
});

test('guests who come and go never use an overlay up: the address that was left longest is next', () => {
  let ledger = empty;
  const given: string[] = [];
  for (let rev = 1; rev <= 20; rev++) {
    const made = allocate(networkOf(members(`guest${rev}: {}`)), ledger, rev);
    expect(made.diagnostics).toEqual([]);
    ({ ledger } = made);
    given.push(ledger.addresses[`guest${rev}`]?.[0] ?? 'none');
  }
  const round = ['10.99.0.2', '10.99.0.3', '10.99.0.4', '10.99.0.5', '10.99.0.6'];
  expect(given).toEqual([...round, ...round, ...round, ...round]);
  expect(Object.keys(ledger.tombstones)).toEqual(round.slice(0, -1));
});

test('an address that the file gives is not given out again from the graves', () => {
  const ledger = { addresses: {}, tombstones: { '10.99.0.2': 1 } };
  const file = networkOf(members('b: { overlay: 10.99.0.2 }, c: {}', '10.99.0.0/30'));
  const { diagnostics } = allocate(file, ledger, 3);
  expect(diagnostics.map(({ code }) => code)).toEqual(['compile/overlay-exhausted']);
});

const pooled = (hosts: string, pool = '10.9.0.2-10.9.0.5'): string => `version: 1
network: t
overlay: 10.99.0.0/29
sites:
  a: { gateways: { g: { endpoint: "203.0.113.1:1", overlay: 10.99.0.1 } }, hosts: { ${hosts} } }
segments: { s: { vni: 7, subnet: 10.9.0.0/24, sites: { a: { pool: ${pool}, port: eth1 } } } }
`;
const machine = (name: string, mac: number, more = ''): string =>
  `${name}: { segment: s, mac: "02:00:00:00:00:0${mac}"${more} }`;

test('machines of a segment without an address get one of the pool of their site, and keep it', () => {
  const fixed = machine('x', 1, ', address: 10.9.0.2');
  const first = allocate(
    networkOf(pooled(`${fixed}, ${machine('b', 2)}, ${machine('c', 3)}`)),
    empty,
  );
  expect(first.ledger.addresses).toEqual({ b: ['10.9.0.3'], c: ['10.9.0.4'] });
  const edited = networkOf(pooled(`${fixed}, ${machine('a1', 4)}, ${machine('c', 3)}`));
  const { ledger } = allocate(edited, first.ledger, 7);
  expect(ledger).toEqual({
    addresses: { a1: ['10.9.0.5'], c: ['10.9.0.4'] },
    tombstones: { '10.9.0.3': 7 },
  });
  expect(allocate(settled(edited, ledger), ledger, 8).ledger).toEqual(ledger);
  const [segment] = settled(edited, ledger).segments;
  expect(segment?.stations.map(({ name, addresses }) => `${name} ${addresses}`)).toEqual([
    'a1 10.9.0.5',
    'c 10.9.0.4',
    'x 10.9.0.2',
  ]);
});

test('a pool without a free address says for whom, and where to look', () => {
  const file = pooled([1, 2, 3].map((n) => machine(`m${n}`, n)).join(', '), '10.9.0.2-10.9.0.3');
  expect(allocate(networkOf(file), empty).diagnostics).toMatchObject([
    {
      code: 'compile/pool-exhausted',
      message: 'the pool 10.9.0.2-10.9.0.3 has no address left for m3',
      place: { line: 5 },
    },
  ]);
});

test('a machine whose pool was moved gets an address of the new one', () => {
  const file = pooled(machine('b', 1));
  const before = allocate(networkOf(file), empty).ledger;
  const moved = networkOf(file.replace('10.9.0.2-', '10.9.0.4-'));
  expect(allocate(moved, before, 2).ledger.addresses).toEqual({ b: ['10.9.0.4'] });
});
