import { Address } from './address.ts';
import type { Value } from './family.ts';
import { Prefix } from './prefix.ts';

/** How many bits a whole number above zero has. */
const bitLength4 = (value: number): number => (value > 0xffffffff ? 33 : 32 - Math.clz32(value));

const bitLength6 = (value: bigint): number => {
  const digits = value.toString(16);
  return digits.length * 4 - Math.clz32(Number.parseInt(digits.charAt(0), 16)) + 28;
};

/** The fewest prefixes that make up the numbers [low, end) of IPv4, in order. */
function* blocks4(low: number, end: number): Generator<Prefix> {
  for (let at = low; at < end; ) {
    const aligned = at === 0 ? 32 : bitLength4((at & -at) >>> 0) - 1;
    const bits = Math.min(aligned, bitLength4(end - at) - 1);
    yield Prefix.of(Address.of(4, at), 32 - bits);
    at += 2 ** bits;
  }
}

/** The fewest prefixes that make up the numbers [low, end) of IPv6, in order. */
function* blocks6(low: bigint, end: bigint): Generator<Prefix> {
  for (let at = low; at < end; ) {
    const aligned = at === 0n ? 128 : bitLength6(at & -at) - 1;
    const bits = Math.min(aligned, bitLength6(end - at) - 1);
    yield Prefix.of(Address.of(6, at), 128 - bits);
    at += 1n << BigInt(bits);
  }
}

/** The fewest prefixes that make up the run from `low` to `high`, both included, in order. */
export const prefixesOf = (low: Value, high: Value): Iterable<Prefix> =>
  typeof low === 'bigint'
    ? blocks6(low, (high as bigint) + 1n)
    : blocks4(low, (high as number) + 1);

/** The longest prefix that holds the whole run from `low` to `high`. */
export function coverOf(low: Value, high: Value): Prefix {
  if (typeof low === 'bigint') {
    const differing = low ^ (high as bigint);
    return Prefix.of(Address.of(6, low), 128 - (differing === 0n ? 0 : bitLength6(differing)));
  }
  const length = Math.clz32(low ^ (high as number));
  return Prefix.of(Address.of(4, low), length);
}
