/** When each agent of a network was last seen, at this server or another; milliseconds since 1970. */
export class Attendance {
  readonly #clock: () => Date;
  readonly #isHere: (identity: string) => boolean;
  readonly #seen = new Map<string, number>();

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
    this.#seen.set(identity, this.#clock().getTime());
  }

  /** Undefined: not since this server started. */
  of(identity: string): number | undefined {
    return this.#seen.get(identity);
  }
}
