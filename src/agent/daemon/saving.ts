import type { Finding } from '#api';
import { HawserError, plainFinding } from '#base';
import type { Commit } from './commit.ts';
import { explained } from './findings.ts';
import type { Kept, KeptStates } from './kept.ts';

/** Writes down what was decided. A disk that is full is no reason to stop: it is tried again, and told. */
export class Saving {
  readonly #kept: KeptStates;
  readonly #say: (line: string) => void;
  #waiting: Commit<Kept> | undefined;
  /** Why what was decided is not written down yet. */
  #failures: readonly Finding[] = [];
  #why = '';

  constructor(kept: KeptStates, say: (line: string) => void) {
    this.#kept = kept;
    this.#say = say;
  }

  /** What stands in the way of it, unless others know of a failure of that kind. */
  failuresBeside(others: readonly Finding[]): readonly Finding[] {
    const known = new Set(others.map(({ code }) => code));
    return this.#failures.filter(({ code }) => !known.has(code));
  }

  get isDone(): boolean {
    return this.#waiting === undefined;
  }

  save(commit: Commit<Kept>): void {
    this.#waiting = commit;
    this.again();
  }

  /** Tries once more what could not be written. */
  again(): void {
    if (!this.#waiting) return;
    try {
      this.#kept.save(this.#waiting);
      this.#waiting = undefined;
      this.#failures = [];
      this.#why = '';
    } catch (error) {
      const why = explained(error);
      if (why !== this.#why) this.#say(`what was decided could not be written down: ${why}`);
      this.#why = why;
      this.#failures = error instanceof HawserError ? [plainFinding(error)] : [];
    }
  }
}
