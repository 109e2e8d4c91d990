import type { Address } from './address.ts';
import { ipErrors } from './errors.ts';
import type { Family } from './family.ts';
import type { Prefix } from './prefix.ts';
import { PrefixSet } from './set.ts';

/**
 * Addresses to be given out. Immutable: every change gives a new pool. It remembers what it was made
 * of, so that only what belongs to it can come back and a split does not depend on what is in use.
 */
export class Pool {
  /** What can be given out now. */
  readonly free: PrefixSet;
  /** What belongs to the pool, free or in use. */
  readonly owned: PrefixSet;

  private constructor(free: PrefixSet, owned: PrefixSet) {
    this.free = free;
    this.owned = owned;
  }

  static of(free: PrefixSet): Pool {
    return new Pool(free, free);
  }

  /** The lowest free address (of that family, if one is given; IPv4 first otherwise). */
  next(family?: Family): Address | undefined {
    return this.free.first(family);
  }

  /** The lowest free address, and the pool without it; undefined when none is left. */
  take(family?: Family): { address: Address; pool: Pool } | undefined {
    const address = this.next(family);
    return address && { address, pool: this.reserve(address) };
  }

  /** Marks one address as in use. Throws `ip/not-free`. */
  reserve(address: Address): Pool {
    if (!this.free.contains(address)) {
      const next = this.next(address.family)?.toString() ?? 'one of another pool';
      throw ipErrors.error('ip/not-free', { address: address.toString(), next });
    }
    return new Pool(this.free.subtract(PrefixSet.of([address])), this.owned);
  }

  /** Gives an address back; one that is free stays so. Throws `ip/outside-pool`. */
  release(address: Address): Pool {
    if (!this.owned.contains(address)) {
      throw ipErrors.error('ip/outside-pool', { address: address.toString() });
    }
    return new Pool(this.free.union(PrefixSet.of([address])), this.owned);
  }

  /** The pool without these addresses, which then no longer belong to it. */
  exclude(what: PrefixSet): Pool {
    return new Pool(this.free.subtract(what), this.owned.subtract(what));
  }

  /**
   * Two pools: of the smallest prefix around all that belongs to this one, the lower and the upper
   * half, family by family (a /16 falls into its two /17). A lone address stays in the first.
   */
  split(): [Pool, Pool] {
    const upper = PrefixSet.of(this.owned.covers().flatMap(upperHalf));
    const part = (half: (set: PrefixSet) => PrefixSet): Pool =>
      new Pool(half(this.free), half(this.owned));
    return [part((set) => set.subtract(upper)), part((set) => set.intersect(upper))];
  }
}

const upperHalf = (cover: Prefix): Prefix[] => cover.halves()?.slice(1) ?? [];
