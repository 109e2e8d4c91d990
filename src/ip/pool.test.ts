import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Address } from './address.ts';
import { Pool } from './pool.ts';
import { Prefix } from './prefix.ts';
import { AddressRange } from './range.ts';
import { PrefixSet } from './set.ts';
import { errorOf } from './testing.ts';

const set = (...texts: string[]): PrefixSet => PrefixSet.of(texts.map(Prefix.parse));
const pool = (...texts: string[]): Pool => Pool.of(set(...texts));
const address = Address.parse;

const codeOf = (run: () => unknown): string => errorOf(run).code;

test('addresses are given out from the lowest until none is left', () => {
  const given: string[] = [];
  let left = pool('10.0.0.0/30').exclude(set('10.0.0.0/32'));
  for (let next = left.take(); next; next = left.take()) {
    given.push(next.address.toString());
    left = next.pool;
  }
  expect(given).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  expect(left.next()).toBeUndefined();
});

test('each family has its own next address', () => {
  const both = pool('10.0.0.0/24', '2001:db8::/64');
  expect(both.next()?.toString()).toBe('10.0.0.0');
  expect(both.next(6)?.toString()).toBe('2001:db8::');
  expect(both.take(6)?.pool.next(6)?.toString()).toBe('2001:db8::1');
});

test('a reserved address is not given out again until it is released', () => {
  const reserved = pool('10.0.0.0/31').reserve(address('10.0.0.0'));
  expect(reserved.next()?.toString()).toBe('10.0.0.1');
  expect(codeOf(() => reserved.reserve(address('10.0.0.0')))).toBe('ip/not-free');
  expect(reserved.release(address('10.0.0.0')).next()?.toString()).toBe('10.0.0.0');
});

test('an address of another pool can be neither reserved nor released', () => {
  const lan = pool('10.0.0.0/24').exclude(set('10.0.0.128/25'));
  expect(codeOf(() => lan.reserve(address('10.0.1.1')))).toBe('ip/not-free');
  expect(codeOf(() => lan.release(address('10.0.1.1')))).toBe('ip/outside-pool');
  expect(codeOf(() => lan.release(address('10.0.0.200')))).toBe('ip/outside-pool');
});

test('a pool itself never changes', () => {
  const before = pool('10.0.0.0/30');
  before.take();
  before.reserve(address('10.0.0.2'));
  before.exclude(set('10.0.0.0/31'));
  expect(before.free.toString()).toBe('10.0.0.0/30');
});

test('a /16 splits by its top bit', () => {
  const [lower, upper] = pool('10.1.0.0/16').split();
  expect(lower.free.toString()).toBe('10.1.0.0/17');
  expect(upper.free.toString()).toBe('10.1.128.0/17');
});

test('where a pool splits does not depend on what is in use', () => {
  let used = pool('192.168.0.0/29');
  for (const last of [0, 1, 2, 3, 5]) used = used.reserve(address(`192.168.0.${last}`));
  const [lower, upper] = used.split();
  expect(lower.free.isEmpty).toBe(true);
  expect(upper.free.toString()).toBe('192.168.0.4/32, 192.168.0.6/31');
  expect(lower.release(address('192.168.0.1')).next()?.toString()).toBe('192.168.0.1');
  expect(codeOf(() => upper.release(address('192.168.0.1')))).toBe('ip/outside-pool');
});

test('a range that is no prefix splits where its smallest prefix does', () => {
  const [lower, upper] = Pool.of(PrefixSet.of([AddressRange.parse('10.0.0.2-10.0.0.14')])).split();
  expect(lower.free.ranges().map(String)).toEqual(['10.0.0.2-10.0.0.7']);
  expect(upper.free.ranges().map(String)).toEqual(['10.0.0.8-10.0.0.14']);
});

test('both families split at once; a lone address stays in the first half', () => {
  const [lower, upper] = pool('10.0.0.1/32', '2001:db8::/64').split();
  expect(lower.free.toString()).toBe('10.0.0.1/32, 2001:db8::/65');
  expect(upper.free.toString()).toBe('2001:db8:0:0:8000::/65');
  const [none, nothing] = Pool.of(PrefixSet.empty).split();
  expect(none.free.isEmpty && nothing.free.isEmpty).toBe(true);
});

test('whatever is taken and given back, the free ones are those not in use', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(31)), { maxLength: 60 });
  const base = address('2001:db8::').value as bigint;
  fc.assert(
    fc.property(steps, (list) => {
      let current = pool('2001:db8::/123');
      const used = new Set<number>();
      for (const [reserve, small] of list) {
        const one = Address.of(6, base + BigInt(small));
        expect(current.free.contains(one)).toBe(!used.has(small));
        if (!reserve) {
          current = current.release(one);
          used.delete(small);
        } else if (!used.has(small)) {
          current = current.reserve(one);
          used.add(small);
        }
      }
      expect(current.free.size).toBe(32n - BigInt(used.size));
    }),
  );
});
