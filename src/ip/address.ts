import { ipErrors } from './errors.ts';
import { explainAddress } from './explain.ts';
import { bitsOf, compareSpans, type Family, type Span, type Value } from './family.ts';
import { formatV4, readV4 } from './v4.ts';
import { formatV6, readV6 } from './v6.ts';

/** The value of a given number, if it is one of the family's. */
function valueOf(family: Family, value: Value): Value | undefined {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) return undefined;
    if (family === 4) return value >= 0 && value <= 0xffffffff ? value : undefined;
  }
  if (value < 0 || BigInt(value) >> BigInt(bitsOf(family)) !== 0n) return undefined;
  return family === 4 ? Number(value) : BigInt(value);
}

/** One IPv4 or IPv6 address, without zone. Immutable. */
export class Address implements Span {
  readonly family: Family;
  /** A `number` (u32) for IPv4, a `bigint` for IPv6. */
  readonly value: Value;

  private constructor(family: Family, value: Value) {
    this.family = family;
    this.value = value;
  }

  /**
   * Reads a strict dotted quad, or any IPv6 form of RFC 4291 section 2.2.
   * Throws `ip/...`, saying what is wrong with the text.
   */
  static parse(this: void, text: string): Address {
    const address = Address.tryParse(text);
    if (address === undefined) throw explainAddress(text);
    return address;
  }

  /** As `parse`, undefined instead of an error. */
  static tryParse(this: void, text: string): Address | undefined {
    const v4 = readV4(text, 0, text.length);
    if (v4 >= 0) return new Address(4, v4);
    const v6 = readV6(text, 0, text.length);
    return v6 === undefined ? undefined : new Address(6, v6);
  }

  /** The address of that number. Throws `ip/not-a-value` if the family has no such address. */
  static of(family: Family, value: Value): Address {
    const own = valueOf(family, value);
    if (own === undefined) {
      throw ipErrors.error('ip/not-a-value', { family, value, bits: bitsOf(family) });
    }
    return new Address(family, own);
  }

  get low(): Value {
    return this.value;
  }

  get high(): Value {
    return this.value;
  }

  equals(other: Address): boolean {
    return this.family === other.family && this.value === other.value;
  }

  /** Negative, zero or positive: IPv4 before IPv6, then by number. */
  compare(other: Address): number {
    return compareSpans(this, other);
  }

  /** The address after this one; undefined after the family's last. */
  next(): Address | undefined {
    if (typeof this.value === 'bigint') return this.#sibling(this.value + 1n);
    return this.#sibling(this.value + 1);
  }

  /** The address before this one; undefined before the family's first. */
  previous(): Address | undefined {
    if (typeof this.value === 'bigint') return this.#sibling(this.value - 1n);
    return this.#sibling(this.value - 1);
  }

  #sibling(value: Value): Address | undefined {
    const own = valueOf(this.family, value);
    return own === undefined ? undefined : new Address(this.family, own);
  }

  /** Dotted quad, or RFC 5952. */
  toString(): string {
    return typeof this.value === 'bigint' ? formatV6(this.value) : formatV4(this.value);
  }

  toJSON(): string {
    return this.toString();
  }
}
