/** What is known of a peer's last handshake. */
interface Known {
  /** Seconds since 1970, as wg(8) tells it; 0: none yet. */
  readonly handshake: number;
  /** How old it was when it was seen first, and when that was; seconds, the latter of a steady clock. */
  readonly age: number;
  readonly seen: number;
  /** When the peer was looked at last, by the steady clock. */
  readonly looked: number;
}

export interface Clocks {
  /** Seconds since 1970; somebody may put it forward or back. */
  readonly now: () => number;
  /** Seconds of a clock that only goes on. */
  readonly steady: () => number;
}

export const machineClocks: Clocks = {
  now: () => Math.floor(Date.now() / 1000),
  steady: () => performance.now() / 1000,
};

/**
 * How long ago handshakes were, also where the machine's clock jumps: then wg's times say nothing, but
 * what was seen to happen between two looks is not older than the first of them.
 */
export class HandshakeAges {
  readonly #clocks: Clocks;
  readonly #known = new Map<string, Known>();

  constructor(clocks: Clocks = machineClocks) {
    this.#clocks = clocks;
  }

  /** Seconds since a peer's handshake; infinite where there was none. `id`: whichever names the peer. */
  of(id: string, handshake: number): number {
    const steady = this.#clocks.steady();
    const before = this.#known.get(id);
    const isSame = before?.handshake === handshake;
    const told = Math.max(0, this.#clocks.now() - handshake);
    const age = isSame ? before.age : Math.min(told, before ? steady - before.looked : told);
    const seen = isSame ? before.seen : steady;
    this.#known.set(id, { handshake, age, seen, looked: steady });
    return handshake === 0 ? Number.POSITIVE_INFINITY : age + steady - seen;
  }
}
