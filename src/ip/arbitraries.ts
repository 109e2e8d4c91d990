import fc from 'fast-check';
import { Address } from './address.ts';
import { bitsOf, type Family, type Value } from './family.ts';
import { Prefix } from './prefix.ts';
import { AddressRange } from './range.ts';

/** Random addresses, prefixes and texts for property tests. */

export const families = fc.constantFrom<Family>(4, 6);

/** Numbers anywhere in the family, often with long runs of zeros or at its ends. */
const numberOf = (family: Family): fc.Arbitrary<Value> => {
  const max = (1n << BigInt(bitsOf(family))) - 1n;
  return fc
    .tuple(fc.bigInt({ min: 0n, max }), fc.bigInt({ min: 0n, max }), fc.nat(3))
    .map(([a, b, kind]) => {
      const value =
        kind === 0
          ? a
          : kind === 1
            ? a & b & (b >> 7n)
            : kind === 2
              ? a & 0xffffn
              : max - (a & 0xffn);
      return family === 4 ? Number(value) : value;
    });
};

export const addressesOf = (family: Family): fc.Arbitrary<Address> =>
  numberOf(family).map((value) => Address.of(family, value));

export const addresses = families.chain(addressesOf);

export const prefixesIn = (family: Family): fc.Arbitrary<Prefix> =>
  fc
    .tuple(addressesOf(family), fc.nat(bitsOf(family)))
    .map(([address, length]) => Prefix.of(address, length));

export const prefixes = families.chain(prefixesIn);

/** Small whole numbers stand for addresses at the very start, the middle and the end of a family. */
export const universe = 64;

export const bases: readonly { readonly family: Family; readonly base: bigint }[] = [
  { family: 4, base: 0n },
  { family: 4, base: 0x7fffffe0n },
  { family: 4, base: (1n << 32n) - 64n },
  { family: 6, base: 0n },
  { family: 6, base: (0x20010db8n << 96n) - 32n },
  { family: 6, base: (1n << 128n) - 64n },
];

/** Ranges of the universe, as pairs of small numbers, first <= last. */
export const smallRanges = fc.array(
  fc
    .tuple(fc.nat(universe - 1), fc.nat(universe - 1))
    .map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const))),
  { maxLength: 6 },
);

export type SmallRanges = readonly (readonly [number, number])[];

export interface Base {
  readonly family: Family;
  readonly base: bigint;
}

export const addressAt = ({ family, base }: Base, small: number): Address =>
  Address.of(family, base + BigInt(small));

export const rangesAt = (base: Base, ranges: SmallRanges): AddressRange[] =>
  ranges.map(([a, b]) => AddressRange.of(addressAt(base, a), addressAt(base, b)));
