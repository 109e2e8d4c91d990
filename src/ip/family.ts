export type Family = 4 | 6;

/** The number of an address: a `number` (u32) for IPv4, a `bigint` for IPv6. */
export type Value = number | bigint;

/** Addresses have this many bits; also the longest prefix length. */
export const bitsOf = (family: Family): 32 | 128 => (family === 4 ? 32 : 128);

/**
 * An unbroken run of addresses of one family, both ends included. Comparisons ask for the family
 * first and then compare at a place of its own, so that each place sees only numbers or only
 * bigints and stays fast.
 */
export interface Span {
  readonly family: Family;
  readonly low: Value;
  readonly high: Value;
}

export function spanContains(outer: Span, inner: Span): boolean {
  if (outer.family !== inner.family) return false;
  if (outer.family === 4) {
    return (
      (inner.low as number) >= (outer.low as number) &&
      (inner.high as number) <= (outer.high as number)
    );
  }
  return (
    (inner.low as bigint) >= (outer.low as bigint) &&
    (inner.high as bigint) <= (outer.high as bigint)
  );
}

export function spansOverlap(a: Span, b: Span): boolean {
  if (a.family !== b.family) return false;
  if (a.family === 4) {
    return (a.low as number) <= (b.high as number) && (b.low as number) <= (a.high as number);
  }
  return (a.low as bigint) <= (b.high as bigint) && (b.low as bigint) <= (a.high as bigint);
}

/** Order by family (IPv4 first), then by first address. */
export function compareSpans(a: Span, b: Span): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.family === 4) return (a.low as number) - (b.low as number);
  const [low, other] = [a.low as bigint, b.low as bigint];
  return low < other ? -1 : low > other ? 1 : 0;
}
