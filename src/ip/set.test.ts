import { expect, test } from 'vitest';
import { Address } from './address.ts';
import { Prefix } from './prefix.ts';
import { AddressRange } from './range.ts';
import { PrefixSet } from './set.ts';

const set = (...texts: string[]): PrefixSet => PrefixSet.of(texts.map(Prefix.parse));

test('adjacent and nested prefixes become one, IPv4 first', () => {
  const both = set('2001:db8:1::/48', '10.0.1.0/24', '2001:db8::/48', '10.0.0.0/24', '10.0.0.7/32');
  expect(both.toString()).toBe('10.0.0.0/23, 2001:db8::/47');
  expect(both.ranges().map(String)).toEqual([
    '10.0.0.0-10.0.1.255',
    '2001:db8::-2001:db8:1:ffff:ffff:ffff:ffff:ffff',
  ]);
  expect(JSON.stringify(both)).toBe('["10.0.0.0/23","2001:db8::/47"]');
});

test('a hole in the middle of a prefix leaves the fewest prefixes around it', () => {
  const rest = set('10.0.0.0/29').subtract(set('10.0.0.3/32'));
  expect(rest.toString()).toBe('10.0.0.0/31, 10.0.0.2/32, 10.0.0.4/30');
});

test('all of IPv4 and all of IPv6 are sets like any other', () => {
  const all = set('0.0.0.0/0', '::/0');
  expect(all.size).toBe(2n ** 32n + 2n ** 128n);
  expect(all.contains(Address.parse('255.255.255.255'))).toBe(true);
  expect(all.contains(Prefix.parse('::/0'))).toBe(true);
  expect(all.subtract(set('0.0.0.0/0')).toString()).toBe('::/0');
  expect(all.subtract(all).isEmpty).toBe(true);
  expect(all.subtract(set('128.0.0.0/1', '8000::/1')).toString()).toBe('0.0.0.0/1, ::/1');
});

test('the empty set is in every set and overlaps none', () => {
  expect(PrefixSet.empty.isEmpty).toBe(true);
  expect(PrefixSet.empty.size).toBe(0n);
  expect(PrefixSet.empty.prefixes()).toEqual([]);
  expect(PrefixSet.empty.first()).toBeUndefined();
  expect(set('10.0.0.0/8').contains(PrefixSet.empty)).toBe(true);
  expect(set('10.0.0.0/8').overlaps(PrefixSet.empty)).toBe(false);
  expect(PrefixSet.of([]).equals(PrefixSet.empty)).toBe(true);
});

test('sets are made of addresses, ranges and prefixes alike', () => {
  const mixed = PrefixSet.of([
    Address.parse('10.0.0.0'),
    AddressRange.parse('10.0.0.1-10.0.0.3'),
    Prefix.parse('10.0.0.4/30'),
  ]);
  expect(mixed.toString()).toBe('10.0.0.0/29');
  expect(mixed.overlaps(AddressRange.parse('10.0.0.7-10.0.0.9'))).toBe(true);
  expect(mixed.contains(AddressRange.parse('10.0.0.7-10.0.0.9'))).toBe(false);
});

test('an operation leaves the sets it was asked of as they were', () => {
  const [a, b] = [set('10.0.0.0/8'), set('10.1.0.0/16')];
  a.union(b);
  a.subtract(b);
  a.intersect(b);
  expect(`${a}; ${b}`).toBe('10.0.0.0/8; 10.1.0.0/16');
});

test('sets of the same addresses are equal, whatever they were made of', () => {
  expect(set('10.0.0.0/25', '10.0.0.128/25')).toEqual(set('10.0.0.0/24'));
  expect(set('10.0.0.0/25').equals(set('10.0.0.0/24'))).toBe(false);
});

test('the first address is the lowest of the family asked for', () => {
  const both = set('2001:db8::/64', '10.0.0.0/24');
  expect(both.first()?.toString()).toBe('10.0.0.0');
  expect(both.first(6)?.toString()).toBe('2001:db8::');
  expect(set('2001:db8::/64').first()?.toString()).toBe('2001:db8::');
  expect(set('2001:db8::/64').first(4)).toBeUndefined();
});
