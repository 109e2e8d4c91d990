/** When an agent was seen: ms since 1970 for people, ms of performance.now for measuring. */
interface Seen {
  readonly at: number;
  readonly since: number;
}

/** When each agent of a network was last seen, at this server or another. */
export class Attendance {
  readonly #clock: () => Date;
  readonly #isHere: (identity: string) => boolean;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: () => Date, isHere: (identity: string) => boolean) {
    this.#clock = clock;
    this.#isHere = isHere;
  }

  /** Notes who is here; forgets whom the network does not know. */
  look(identities: ReadonlyMap<string, unknown>): void {
    for (const identity of identities.keys()) if (this.#isHere(identity)) this.note(identity);
    for (const identity of this.#seen.keys()) {
      if (!identities.has(identity)) this.#seen.delete(identity);
    }
  }

  note(identity: string): void {
    this.#seen.set(identity, { at: this.#clock().getTime(), since: performance.now() });
  }

  /** Milliseconds since 1970; undefined: not since this server started. */
  of(identity: string): number | undefined {
    return this.#seen.get(identity)?.at;
  }

  /** For how many milliseconds it was not seen, whatever the clock did meanwhile. */
  unseenFor(identity: string): number {
    const { since } = this.#seen.get(identity) ?? { since: Number.NEGATIVE_INFINITY };
    return performance.now() - since;
  }
}
