import { Address } from './address.ts';
import { ipErrors } from './errors.ts';
import { explainPrefix } from './explain-prefix.ts';
import {
  bitsOf,
  compareSpans,
  type Family,
  type Span,
  spanContains,
  spansOverlap,
  type Value,
} from './family.ts';
import { hostBits, readLength } from './length.ts';
import { readV4 } from './v4.ts';
import { readV6 } from './v6.ts';

/** An IPv4 or IPv6 prefix in CIDR notation (RFC 4632, RFC 4291 section 2.3). Immutable. */
export class Prefix implements Span {
  readonly family: Family;
  readonly length: number;
  /** Number of the first address. */
  readonly low: Value;
  /** Number of the last address. */
  readonly high: Value;

  private constructor(family: Family, length: number, low: Value, high: Value) {
    this.family = family;
    this.length = length;
    this.low = low;
    this.high = high;
  }

  /**
   * Reads `address/length`. Throws `ip/...`; a prefix with host bits set is `ip/host-bits`, whose
   * remedy offers the corrected prefix.
   */
  static parse(this: void, text: string): Prefix {
    const prefix = Prefix.tryParse(text);
    if (prefix === undefined) throw explainPrefix(text);
    return prefix;
  }

  /** As `parse`, undefined instead of an error. */
  static tryParse(this: void, text: string): Prefix | undefined {
    const slash = text.indexOf('/');
    const length = slash < 0 ? -1 : readLength(text, slash + 1);
    if (length < 0) return undefined;
    const v4 = readV4(text, 0, slash);
    const value = v4 >= 0 ? v4 : readV6(text, 0, slash);
    if (value === undefined || (v4 >= 0 && length > 32)) return undefined;
    const prefix = Prefix.#around(v4 >= 0 ? 4 : 6, value, length);
    return prefix.low === value ? prefix : undefined;
  }

  /** The prefix of that length around an address. Throws `ip/length-out-of-range`. */
  static of(address: Address, length: number): Prefix {
    const { family } = address;
    const most = bitsOf(family);
    if (!Number.isInteger(length) || length < 0 || length > most) {
      throw ipErrors.error('ip/length-out-of-range', { length, most, family });
    }
    return Prefix.#around(family, address.value, length);
  }

  /** The /32 or /128 of one address. */
  static single(address: Address): Prefix {
    return new Prefix(address.family, bitsOf(address.family), address.value, address.value);
  }

  static #around(family: Family, value: Value, length: number): Prefix {
    if (family === 4) {
      const host = hostBits(4, length);
      const high = ((value as number) | host) >>> 0;
      return new Prefix(4, length, high - host, high);
    }
    const host = hostBits(6, length);
    const high = (value as bigint) | host;
    return new Prefix(6, length, high - host, high);
  }

  /** The network address. */
  get first(): Address {
    return Address.of(this.family, this.low);
  }

  get last(): Address {
    return Address.of(this.family, this.high);
  }

  /** Whether it is a /32 or /128. */
  get isSingle(): boolean {
    return this.length === bitsOf(this.family);
  }

  /** Whether all of the other lies within; also true of itself. */
  contains(other: Span): boolean {
    return spanContains(this, other);
  }

  /** Whether they have an address in common. */
  overlaps(other: Span): boolean {
    return spansOverlap(this, other);
  }

  equals(other: Prefix): boolean {
    return this.length === other.length && this.family === other.family && this.low === other.low;
  }

  /** Negative, zero or positive: IPv4 before IPv6, by first address, then the larger one first. */
  compare(other: Prefix): number {
    return compareSpans(this, other) || this.length - other.length;
  }

  /** The two prefixes one bit longer; undefined for a single address. */
  halves(): [Prefix, Prefix] | undefined {
    if (this.isSingle) return undefined;
    const length = this.length + 1;
    return [
      Prefix.#around(this.family, this.low, length),
      Prefix.#around(this.family, this.high, length),
    ];
  }

  /**
   * All prefixes of that length within, in order, made one by one as they are asked for.
   * Throws `ip/subnet-length` if it is shorter than this one's or longer than the family's bits.
   */
  subnets(length: number): Iterable<Prefix> {
    const most = bitsOf(this.family);
    if (!Number.isInteger(length) || length < this.length || length > most) {
      const args = { prefix: this.toString(), length, least: this.length, most };
      throw ipErrors.error('ip/subnet-length', args);
    }
    return this.#walk(length);
  }

  *#walk(length: number): Generator<Prefix> {
    let prefix = Prefix.#around(this.family, this.low, length);
    yield prefix;
    while (prefix.high < this.high) {
      const next = typeof prefix.high === 'bigint' ? prefix.high + 1n : prefix.high + 1;
      prefix = Prefix.#around(this.family, next, length);
      yield prefix;
    }
  }

  toString(): string {
    return `${this.first}/${this.length}`;
  }

  toJSON(): string {
    return this.toString();
  }
}
