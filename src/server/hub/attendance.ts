import type { Here } from '../presence/words.ts';

/** When an agent was seen: ms since 1970 for people, ms of performance.now for measuring. */
interface Seen {
  readonly at: number;
  readonly since: number;
}

const never: Seen = { at: Number.NEGATIVE_INFINITY, since: Number.NEGATIVE_INFINITY };

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

  /** Another server saw it at that time, ms since 1970. */
  learn(identity: string, at: number): void {
    const { since, at: known } = this.#seen.get(identity) ?? never;
    if (at > known) this.#seen.set(identity, { at, since });
  }

  /** At another server. */
  moved({ cards = [], gone = [], seen = {} }: Partial<Here>): void {
    for (const { identity } of cards) this.note(identity);
    for (const identity of gone) this.note(identity);
    for (const [identity, at] of Object.entries(seen)) this.learn(identity, at);
  }

  /** When those were seen who are not here now, ms since 1970. */
  get absent(): Readonly<Record<string, number>> {
    const all = [...this.#seen].filter(([identity]) => !this.#isHere(identity));
    return Object.fromEntries(all.map(([identity, { at }]) => [identity, at]));
  }

  /** Milliseconds since 1970; undefined: not since this server started. */
  of(identity: string): number | undefined {
    return this.#seen.get(identity)?.at;
  }

  /** For how many milliseconds it was not seen, whatever the clock did meanwhile. */
  unseenFor(identity: string): number {
    const { since } = this.#seen.get(identity) ?? never;
    return performance.now() - since;
  }
}
