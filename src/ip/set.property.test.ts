import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressAt,
  type Base,
  bases,
  prefixes,
  rangesAt,
  type SmallRanges,
  smallRanges,
  universe,
} from './arbitraries.ts';
import { PrefixSet } from './set.ts';

/** The model: sets of small numbers, made by walking all of them. */
const numbersOf = (ranges: SmallRanges): Set<number> =>
  new Set(
    ranges.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    ),
  );

/** Membership asked address by address. */
const walked = (base: Base, set: PrefixSet): Set<number> =>
  new Set(
    Array.from({ length: universe }, (_, small) => small).filter((small) =>
      set.contains(addressAt(base, small)),
    ),
  );

const setAt = (base: Base, ranges: SmallRanges): PrefixSet => PrefixSet.of(rangesAt(base, ranges));

const eachBase = bases.map((base) => [base.family, base.base.toString(16), base] as const);
const runs = { numRuns: 300 };

test.each(eachBase)('IPv%i sets at %s agree with sets of numbers', (_family, _text, base) => {
  fc.assert(
    fc.property(smallRanges, smallRanges, (left, right) => {
      const [a, b] = [setAt(base, left), setAt(base, right)];
      const [x, y] = [numbersOf(left), numbersOf(right)];
      expect(walked(base, a)).toEqual(x);
      expect(walked(base, a.union(b))).toEqual(x.union(y));
      expect(walked(base, a.subtract(b))).toEqual(x.difference(y));
      expect(walked(base, a.intersect(b))).toEqual(x.intersection(y));
      expect(a.size).toBe(BigInt(x.size));
      expect(a.isEmpty).toBe(x.size === 0);
      expect(a.overlaps(b)).toBe(!x.isDisjointFrom(y));
      expect(a.contains(b)).toBe(y.isSubsetOf(x));
      expect(a.equals(b)).toBe(x.symmetricDifference(y).size === 0);
    }),
    runs,
  );
});

test.each(eachBase)('IPv%i sets at %s are asked about ranges', (_family, _text, base) => {
  fc.assert(
    fc.property(smallRanges, smallRanges, (left, questions) => {
      const [a, x] = [setAt(base, left), numbersOf(left)];
      for (const [index, range] of rangesAt(base, questions).entries()) {
        const y = numbersOf(questions.slice(index, index + 1));
        expect(a.overlaps(range)).toBe(!x.isDisjointFrom(y));
        expect(a.contains(range)).toBe(y.isSubsetOf(x));
      }
    }),
    runs,
  );
});

test.each(eachBase)('IPv%i sets at %s have the fewest prefixes', (_family, _text, base) => {
  fc.assert(
    fc.property(smallRanges, (ranges) => {
      const set = setAt(base, ranges);
      const list = set.prefixes();
      expect(PrefixSet.of(list).equals(set)).toBe(true);
      for (const [index, prefix] of list.entries()) {
        const next = list[index + 1];
        if (next) expect(prefix.last.compare(next.first)).toBeLessThan(0);
        if (next) expect(PrefixSet.of([prefix, next]).prefixes()).toHaveLength(2);
      }
    }),
    runs,
  );
});

test('ranges are as few as can be, sorted, and give the set back', () => {
  fc.assert(
    fc.property(fc.array(prefixes, { maxLength: 20 }), (list) => {
      const set = PrefixSet.of(list);
      const ranges = set.ranges();
      expect(PrefixSet.of(ranges).equals(set)).toBe(true);
      for (const [index, range] of ranges.entries()) {
        const after = range.last.next();
        const next = ranges[index + 1];
        if (!after || !next || next.family !== range.family) continue;
        expect(after.compare(next.first)).toBeLessThan(0);
      }
    }),
  );
});

test('the laws of sets hold over both families at once', () => {
  const sets = fc.array(prefixes, { maxLength: 12 }).map((list) => PrefixSet.of(list));
  fc.assert(
    fc.property(sets, sets, sets, (a, b, c) => {
      expect(a.union(b).equals(b.union(a))).toBe(true);
      expect(a.intersect(b.union(c)).equals(a.intersect(b).union(a.intersect(c)))).toBe(true);
      expect(a.subtract(b.union(c)).equals(a.subtract(b).subtract(c))).toBe(true);
      expect(a.subtract(b).union(a.intersect(b)).equals(a)).toBe(true);
      expect(a.subtract(b).overlaps(b)).toBe(false);
      expect(a.union(b).size + a.intersect(b).size).toBe(a.size + b.size);
      expect(a.union(PrefixSet.empty).equals(a)).toBe(true);
    }),
  );
});

test('a set does not depend on the order of what it is made of', () => {
  const shuffled = fc
    .array(prefixes, { maxLength: 12 })
    .chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      expect(PrefixSet.of(other)).toEqual(PrefixSet.of(list));
    }),
  );
});
