import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Diagnostic } from '#base';
import { Address, Prefix } from '#ip';
import type { Claimed } from './draft.ts';
import { reportOverlaps } from './overlap.ts';

const place = (line: number) => ({ file: 'f', line, column: 1 });

/** Few addresses and all lengths, so that most sets have overlaps. */
const prefix = fc.oneof(
  fc
    .tuple(fc.nat(255), fc.integer({ min: 24, max: 32 }))
    .map(([low, length]) => Prefix.of(Address.of(4, 0x0a000000 + low), length)),
  fc
    .tuple(fc.nat(255), fc.integer({ min: 120, max: 128 }))
    .map(([low, length]) => Prefix.of(Address.of(6, (0xfdn << 120n) + BigInt(low)), length)),
);

const claims = fc
  .array(prefix, { maxLength: 12 })
  .map((all) =>
    all.map((one, index): Claimed => ({ prefix: one, what: `${index}`, place: place(index + 1) })),
  );

test('overlaps are found exactly where two ranges share an address', () => {
  fc.assert(
    fc.property(claims, (ranges) => {
      const found: Diagnostic[] = [];
      reportOverlaps(ranges, (one) => found.push(one));
      const overlapping = ranges.some((a, i) =>
        ranges.slice(i + 1).some((b) => a.prefix.overlaps(b.prefix)),
      );
      expect(found.length > 0).toBe(overlapping);
      for (const { message, place: at } of found) {
        const [, first, second] = /^(\d+) overlaps (\d+), at f:\d+:1$/.exec(message) ?? [];
        const [a, b] = [ranges[Number(first)], ranges[Number(second)]];
        if (!a || !b) throw new Error(message);
        expect(a.prefix.overlaps(b.prefix)).toBe(true);
        expect(at?.line).toBe(a.place.line);
        expect(a.place.line).toBeGreaterThan(b.place.line);
      }
    }),
  );
});

test('every range that overlaps another is in some finding', () => {
  fc.assert(
    fc.property(claims, (ranges) => {
      const found: Diagnostic[] = [];
      reportOverlaps(ranges, (one) => found.push(one));
      const named = new Set(
        found.flatMap(({ message }) => message.match(/^\d+|(?<=overlaps )\d+/g) ?? []),
      );
      for (const [index, a] of ranges.entries()) {
        const guilty = ranges.some((b, other) => other !== index && a.prefix.overlaps(b.prefix));
        expect(named.has(String(index))).toBe(guilty);
      }
    }),
  );
});
