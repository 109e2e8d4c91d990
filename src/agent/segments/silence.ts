import type { Pair } from './asking.ts';
import type { Registry } from './registry.ts';
import type { Sight } from './sight.ts';

/** ms within which whoever is on the port answers. */
const answer = 2_000;

/**
 * The kernel remembers some thousand neighbours that it asked for, of all namespaces together (`gc_thresh3` of
 * arp(7)): so many are asked for in each `gap` ms, and it forgets those of so many times before.
 */
const pace = { most: 128, gap: 300, remembered: 4 } as const;

/** ms to wait for more of the same: all of it is asked for by one process. */
const settle = 15;

export interface Around {
  readonly registry: Registry;
  readonly sight: Pick<Sight, 'lookFor' | 'heard' | 'isThere'>;
  /** These may be elsewhere than they were. */
  readonly concern: (keys: readonly string[]) => void;
  readonly later: (delay: number, act: () => void) => void;
}

/** Asked for already once, without an answer. */
interface Asked {
  readonly pair: Pair;
  readonly isAgain: boolean;
}

/**
 * Who was not heard for long is asked for on the port, and what nobody answers for, nor when it is asked for once more, is nobody's
 * any more: an answer may be lost.
 */
export class Silence {
  readonly #around: Around;
  readonly #waiting: Asked[] = [];
  readonly #past: (readonly Pair[])[] = [];
  #isLooking = false;

  constructor(around: Around) {
    this.#around = around;
  }

  /** The bridge heard nothing of a machine for long. Without an address it cannot be asked for. */
  machine(mac: string): void {
    const { registry, concern } = this.#around;
    const addresses = registry.addressesOf(mac);
    if (addresses.length === 0) concern(registry.gone(mac));
    else this.lookFor(addresses.map((address): Pair => [mac, address]));
  }

  /** Of these pairs all that is ours should have been heard. */
  all(heard: ReadonlySet<string>): void {
    const { registry, sight, concern } = this.#around;
    // Nor can those be asked for that were seen without an address, as when the port was on a bridge.
    const left = [...registry.own.values()].filter(
      ({ of, mac }) => of === mac && !sight.isThere(mac) && registry.addressesOf(mac).length === 0,
    );
    concern(left.flatMap(({ mac }) => registry.gone(mac)));
    const quiet = [...registry.own.values()].filter(
      ({ of, mac }) => of !== mac && !heard.has(keyOf([mac, of])),
    );
    this.lookFor(quiet.map(({ of, mac }): Pair => [mac, of]));
  }

  /** Looks for them in their turn. */
  lookFor(pairs: readonly Pair[]): void {
    this.#await(pairs, false);
  }

  #await(pairs: readonly Pair[], isAgain: boolean): void {
    this.#waiting.push(...pairs.map((pair) => ({ pair, isAgain })));
    if (this.#isLooking || this.#waiting.length === 0) return;
    this.#isLooking = true;
    this.#around.later(settle, () => this.#step());
  }

  #step(): void {
    const { later } = this.#around;
    const some = this.#waiting.splice(0, pace.most);
    this.#isLooking = some.length > 0;
    if (!this.#isLooking) return;
    later(settle + (pace.gap * some.length) / pace.most, () => this.#step());
    this.#past.push(some.map(({ pair }) => pair));
    const past = this.#past.length > pace.remembered ? (this.#past.shift() ?? []) : [];
    void this.#look(some, past);
  }

  async #look(asked: readonly Asked[], past: readonly Pair[]): Promise<void> {
    const { sight, later } = this.#around;
    const pairs = asked.map(({ pair }) => pair);
    await sight.lookFor(pairs, past);
    later(answer, () => void this.#judge(asked));
  }

  async #judge(asked: readonly Asked[]): Promise<void> {
    const { registry, sight, concern } = this.#around;
    // A kernel that cannot be asked knows of nobody who is gone.
    const heard = await sight.heard().catch(() => undefined);
    if (!heard) return;
    const quiet = asked.filter(
      ({ pair }) => !heard.has(keyOf(pair)) && registry.own.get(pair[1])?.mac === pair[0],
    );
    const gone = quiet.filter(({ isAgain }) => isAgain);
    this.#await(
      quiet.filter(({ isAgain }) => !isAgain).map(({ pair }) => pair),
      true,
    );
    concern(gone.flatMap(({ pair: [, address] }) => registry.gone(address)));
    const left = [...new Set(asked.map(({ pair: [mac] }) => mac))].filter(
      (mac) => !sight.isThere(mac) && registry.addressesOf(mac).length === 0,
    );
    concern(left.flatMap((mac) => registry.gone(mac)));
  }
}

const keyOf = (pair: Pair): string => pair.join(' ');
