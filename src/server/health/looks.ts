import { type MonitorsReport, samplesWithin, type TimedResult } from '#api';

/** A machine that names more services than any file does says nonsense: nothing of it is kept. */
const most = 1_000;

/** A result, and when it came, in milliseconds of a steady clock. */
export interface Look {
  readonly result: TimedResult;
  readonly heard: number;
}

/** The same as data, with how many ms ago each came. */
export type KeptLooks = Readonly<Record<string, readonly [result: TimedResult, age: number]>>;

/** What an agent found at services, as it says over one connection. */
export class Looks {
  readonly #found = new Map<string, Look>();

  hear({ results }: MonitorsReport, now: number): void {
    if (this.#found.size > most) this.#found.clear();
    for (const [name, result] of Object.entries(results)) {
      this.#found.set(name, { result, heard: now });
    }
  }

  /** All of it, for another server. */
  kept(now: number): KeptLooks {
    return Object.fromEntries(
      [...this.#found].map(([name, { result, heard }]) => [
        name,
        [result, Math.round(now - heard)] as const,
      ]),
    );
  }

  /** What another server kept, at a time of this one's clock. */
  static from(kept: KeptLooks, at: number): Looks {
    const looks = new Looks();
    for (const [name, [result, age]] of Object.entries(kept)) {
      looks.#found.set(name, { result, heard: at - age });
    }
    return looks;
  }

  /** What it found lately: an agent tells each again within `samplesWithin`. */
  of(name: string, now: number): Look | undefined {
    const look = this.#found.get(name);
    return look && now - look.heard <= samplesWithin * 1000 ? look : undefined;
  }
}
