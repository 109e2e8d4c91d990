import { expect, test } from 'vitest';
import { loadNetwork } from '#spec';
import { cutRules } from './cuts.ts';
import { internet } from './underlay/plan.ts';
import { underlayOf } from './underlay/underlay.ts';

const yaml = `
version: 1
network: n
overlay: 10.0.0.0/24
sites:
  a:
    subnets: [192.168.1.0/24]
    gateways: { gw-a: { endpoint: 203.0.113.1:51820, address: 192.168.1.1 } }
    hosts: { h-a: { address: 192.168.1.9 } }
  b:
    subnets: [192.168.2.0/24]
    gateways: { gw-b: { endpoint: 203.0.113.2:51820, address: 192.168.2.1 } }
members: { m: {} }
`;
const { network } = loadNetwork('x.yaml', { read: () => yaml, glob: () => [] });
if (!network) throw new Error('the file is wrong');
const underlay = underlayOf(network);
const device = (unit: string) => underlay.uplinks.find((u) => u.unit === unit)?.device;

test('a site is cut at its cable to the internet', () => {
  const rules = cutRules(underlay, [['a']]).get(internet);
  expect(rules).toContain(`iifname "${device('a')}" drop`);
  expect(rules).toContain(`oifname "${device('a')}" drop`);
  expect(rules).not.toContain(`"${device('b')}"`);
});

test('two sites are cut from each other only', () => {
  const rules = cutRules(underlay, [['a', 'b']]).get(internet) ?? '';
  const drops = rules.split('\n').filter((line) => line.endsWith('drop'));
  expect(drops.map((line) => line.trim()).toSorted()).toEqual(
    [
      `iifname "${device('a')}" oifname "${device('b')}" drop`,
      `iifname "${device('b')}" oifname "${device('a')}" drop`,
    ].toSorted(),
  );
});

test('a gateway is cut at its router, so that its neighbours are not', () => {
  const rules = cutRules(underlay, [['gw-a']]).get('router.a');
  expect(rules).toContain('oifname "wan" ip saddr 192.168.1.1 drop');
  expect(rules).not.toContain('192.168.1.9');
});

test('a gateway and a site are cut from each other by their public addresses', () => {
  const all = cutRules(underlay, [['gw-a', 'b']]);
  expect(all.get('router.a')).toContain('ip saddr 192.168.1.1 ip daddr 203.0.113.2 drop');
  expect(all.get('router.b')).toContain('ip saddr 203.0.113.1 ip daddr 192.168.2.1 drop');
});

test('without cuts every table is emptied', () => {
  for (const rules of cutRules(underlay, []).values()) expect(rules).not.toContain('drop');
});

test('what is no part of the lab cannot be cut', () => {
  expect(() => cutRules(underlay, [['gw-c']])).toThrow(/did you mean gw-a/);
});

test.each([
  ['gw-a', 'h-a', 'both are on the own network of a'],
  ['gw-a', 'a', 'both are on the own network of a'],
  ['a', 'a', 'they are the same'],
  ['m', 'm', 'they are the same'],
])('nothing can be cut between %s and %s', (a, b, reason) => {
  expect(() => cutRules(underlay, [[a, b]])).toThrow(
    `nothing can be cut between ${a} and ${b}: ${reason}`,
  );
});

test('a site whose name lacks letters is still recognised', () => {
  const long = loadNetwork('x.yaml', {
    read: () => yaml.replace('  a:\n', '  giessen:\n'),
    glob: () => [],
  }).network;
  if (!long) throw new Error('the file is wrong');
  expect(() => cutRules(underlayOf(long), [['gisen']])).toThrow(/did you mean giessen/);
});
