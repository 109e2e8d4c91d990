import { Address } from './address.ts';
import { coverOf, prefixesOf } from './blocks.ts';
import { ipErrors } from './errors.ts';
import { shown } from './explain.ts';
import {
  compareSpans,
  type Family,
  type Span,
  spanContains,
  spansOverlap,
  type Value,
} from './family.ts';
import { Prefix } from './prefix.ts';

/** The range that an address or a prefix is. */
function meant(text: string): string {
  const prefix = Prefix.tryParse(text);
  const [first, last] = prefix ? [prefix.first, prefix.last] : [Address.tryParse(text)];
  return first ? `${first}-${last ?? first}` : '10.0.0.1-10.0.0.9';
}

/** All addresses from one to another of the same family, both included. Immutable. */
export class AddressRange implements Span {
  readonly family: Family;
  /** Number of the first address. */
  readonly low: Value;
  /** Number of the last address. */
  readonly high: Value;

  private constructor(family: Family, low: Value, high: Value) {
    this.family = family;
    this.low = low;
    this.high = high;
  }

  /** Reads `first-last`. Throws `ip/...`, saying what is wrong with the text. */
  static parse(this: void, text: string): AddressRange {
    const [first, last, ...rest] = text.split('-');
    if (first === undefined || last === undefined || rest.length > 0) {
      throw ipErrors.error('ip/not-a-range', { text: shown(text), range: meant(text) }, { text });
    }
    return AddressRange.of(Address.parse(first), Address.parse(last));
  }

  /** As `parse`, undefined instead of an error. */
  static tryParse(this: void, text: string): AddressRange | undefined {
    const [first = '', last = '', ...rest] = text.split('-');
    const [low, high] = [Address.tryParse(first), Address.tryParse(last)];
    if (!low || !high || rest.length > 0) return undefined;
    if (low.family !== high.family || low.compare(high) > 0) return undefined;
    return new AddressRange(low.family, low.value, high.value);
  }

  /** Throws `ip/range-families` or `ip/range-backwards`. */
  static of(first: Address, last: Address): AddressRange {
    const args = { first: first.toString(), last: last.toString() };
    if (first.family !== last.family) throw ipErrors.error('ip/range-families', args);
    if (first.compare(last) > 0) throw ipErrors.error('ip/range-backwards', args);
    return new AddressRange(first.family, first.value, last.value);
  }

  get first(): Address {
    return Address.of(this.family, this.low);
  }

  get last(): Address {
    return Address.of(this.family, this.high);
  }

  /** Whether all of the other lies within; also true of itself. */
  contains(other: Span): boolean {
    return spanContains(this, other);
  }

  /** Whether they have an address in common. */
  overlaps(other: Span): boolean {
    return spansOverlap(this, other);
  }

  equals(other: AddressRange): boolean {
    return this.family === other.family && this.low === other.low && this.high === other.high;
  }

  /** Negative, zero or positive: IPv4 before IPv6, by first address, then by last. */
  compare(other: AddressRange): number {
    return compareSpans(this, other) || this.last.compare(other.last);
  }

  /** The fewest prefixes that make it up, in order. */
  prefixes(): Prefix[] {
    return [...prefixesOf(this.low, this.high)];
  }

  /** The longest prefix that holds all of it. */
  cover(): Prefix {
    return coverOf(this.low, this.high);
  }

  toString(): string {
    return `${this.first}-${this.last}`;
  }

  toJSON(): string {
    return this.toString();
  }
}
