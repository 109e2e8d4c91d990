import { Address } from './address.ts';
import { coverOf, prefixesOf } from './blocks.ts';
import { combine, type Edges, hasRun, paint, touchesRun, unionOfRuns } from './edges.ts';
import type { Family, Span, Value } from './family.ts';
import type { Prefix } from './prefix.ts';
import { AddressRange } from './range.ts';

/** A set of IPv4 and IPv6 addresses, kept as sorted disjoint ranges. Immutable. */
export class PrefixSet {
  static readonly empty = new PrefixSet([], []);

  private readonly v4: Edges<number>;
  private readonly v6: Edges<bigint>;

  private constructor(v4: Edges<number>, v6: Edges<bigint>) {
    this.v4 = v4;
    this.v6 = v6;
  }

  /** The union of the items, which may overlap and come in any order. O(n log n). */
  static of(items: Iterable<Prefix | AddressRange | Address>): PrefixSet {
    const v4 = { starts: [] as number[], ends: [] as number[] };
    const v6 = { starts: [] as bigint[], ends: [] as bigint[] };
    for (const { low, high } of items) {
      if (typeof low === 'bigint') {
        v6.starts.push(low);
        v6.ends.push((high as bigint) + 1n);
      } else {
        v4.starts.push(low);
        v4.ends.push((high as number) + 1);
      }
    }
    return new PrefixSet(
      unionOfRuns(Float64Array.from(v4.starts).sort(), Float64Array.from(v4.ends).sort()),
      unionOfRuns(v6.starts.sort(byNumber), v6.ends.sort(byNumber)),
    );
  }

  union(other: PrefixSet): PrefixSet {
    return new PrefixSet(unite(this.v4, other.v4), unite(this.v6, other.v6));
  }

  subtract(other: PrefixSet): PrefixSet {
    return new PrefixSet(remove(this.v4, other.v4), remove(this.v6, other.v6));
  }

  intersect(other: PrefixSet): PrefixSet {
    return new PrefixSet(common(this.v4, other.v4), common(this.v6, other.v6));
  }

  /** Whether they have an address in common. O(log n) for each range of the smaller. */
  overlaps(other: PrefixSet | Prefix | AddressRange): boolean {
    if (!(other instanceof PrefixSet)) return this.#touches(other);
    return shareNumber(this.v4, other.v4) || shareNumber(this.v6, other.v6);
  }

  /** Whether all of the other is within; the empty set is within every set. */
  contains(other: Address | Prefix | AddressRange | PrefixSet): boolean {
    if (!(other instanceof PrefixSet)) return this.#has(other);
    return hasAll(this.v4, other.v4) && hasAll(this.v6, other.v6);
  }

  #has({ family, low, high }: Span): boolean {
    return family === 4
      ? hasRun(this.v4, low as number, high as number)
      : hasRun(this.v6, low as bigint, high as bigint);
  }

  #touches({ family, low, high }: Span): boolean {
    return family === 4
      ? touchesRun(this.v4, low as number, high as number)
      : touchesRun(this.v6, low as bigint, high as bigint);
  }

  get isEmpty(): boolean {
    return this.v4.length === 0 && this.v6.length === 0;
  }

  /** How many addresses it has, of both families. */
  get size(): bigint {
    let size = 0n;
    for (const { low, high } of this.#spans()) size += BigInt(high) - BigInt(low) + 1n;
    return size;
  }

  /** The lowest address (of that family, if one is given; IPv4 first otherwise). */
  first(family?: Family): Address | undefined {
    const [v4, v6] = [this.v4[0], this.v6[0]];
    if (v4 !== undefined && family !== 6) return Address.of(4, v4);
    if (v6 !== undefined && family !== 4) return Address.of(6, v6);
    return undefined;
  }

  /** For each family it has addresses of, the longest prefix that holds them all. */
  covers(): Prefix[] {
    const spans = [...outermost(this.v4), ...outermost(this.v6)];
    return spans.map(([low, high]) => coverOf(low, high));
  }

  /** The fewest prefixes that make it up, sorted, IPv4 first. */
  prefixes(): readonly Prefix[] {
    const prefixes: Prefix[] = [];
    for (const { low, high } of this.#spans()) prefixes.push(...prefixesOf(low, high));
    return prefixes;
  }

  /** The fewest ranges that make it up, sorted, IPv4 first. */
  ranges(): readonly AddressRange[] {
    return Array.from(this.#spans(), ({ family, low, high }) =>
      AddressRange.of(Address.of(family, low), Address.of(family, high)),
    );
  }

  *#spans(): Generator<Span> {
    const { v4, v6 } = this;
    for (let i = 0; i < v4.length; i += 2) {
      yield { family: 4, low: v4[i] as number, high: (v4[i + 1] as number) - 1 };
    }
    for (let i = 0; i < v6.length; i += 2) {
      yield { family: 6, low: v6[i] as bigint, high: (v6[i + 1] as bigint) - 1n };
    }
  }

  equals(other: PrefixSet): boolean {
    return sameNumbers(this.v4, other.v4) && sameNumbers(this.v6, other.v6);
  }

  /** Its prefixes, with commas between. */
  toString(): string {
    return this.prefixes().join(', ');
  }

  toJSON(): readonly string[] {
    return this.prefixes().map(String);
  }
}

const byNumber = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** One run can be added or taken away without looking at all others. */
function unite<T extends Value>(a: Edges<T>, b: Edges<T>): Edges<T> {
  if (b.length === 0) return a;
  if (b.length === 2) return paint(a, b[0] as T, b[1] as T, true);
  return combine(a, b, (inA, inB) => inA || inB);
}

function remove<T extends Value>(a: Edges<T>, b: Edges<T>): Edges<T> {
  if (a.length === 0 || b.length === 0) return a;
  if (b.length === 2) return paint(a, b[0] as T, b[1] as T, false);
  return combine(a, b, (inA, inB) => inA && !inB);
}

const common = <T extends Value>(a: Edges<T>, b: Edges<T>): Edges<T> =>
  combine(a, b, (inA, inB) => inA && inB);

const lastWithin = <T extends Value>(edge: T): T =>
  (typeof edge === 'bigint' ? edge - 1n : edge - 1) as T;

/** The lowest and the highest number within, unless there is none. */
const outermost = <T extends Value>(edges: Edges<T>): [T, T][] =>
  edges.length === 0 ? [] : [[edges[0] as T, lastWithin(edges.at(-1) as T)]];

function everyRun<T extends Value>(edges: Edges<T>, holds: (low: T, high: T) => boolean): boolean {
  for (let i = 0; i < edges.length; i += 2) {
    if (!holds(edges[i] as T, lastWithin(edges[i + 1] as T))) return false;
  }
  return true;
}

const hasAll = <T extends Value>(outer: Edges<T>, inner: Edges<T>): boolean =>
  everyRun(inner, (low, high) => hasRun(outer, low, high));

function shareNumber<T extends Value>(a: Edges<T>, b: Edges<T>): boolean {
  const [fewer, more] = a.length < b.length ? [a, b] : [b, a];
  return !everyRun(fewer, (low, high) => !touchesRun(more, low, high));
}

const sameNumbers = <T extends Value>(a: Edges<T>, b: Edges<T>): boolean =>
  a.length === b.length && a.every((edge, index) => edge === b[index]);
