import { list } from './findings.ts';
import type { Surroundings } from './surroundings.ts';

/** Tells people and the server what differs on a machine though nobody planned it. */
export class Drift {
  readonly #say: (line: string) => void;
  readonly #tell: Surroundings['tell'];
  /** What was told of differences while nothing may be changed. */
  #left = '';

  constructor(say: (line: string) => void, tell: Surroundings['tell']) {
    this.#say = say;
    this.#tell = tell;
  }

  /** What differed, and does no more. */
  repaired(changes: readonly string[]): void {
    this.#told(changes, true);
  }

  /** What differs, and stays so for now; none: what may be changed again. Told once. */
  left(changes: readonly string[]): void {
    const text = changes.join('\n');
    if (text !== this.#left && changes.length > 0) this.#told(changes, false);
    this.#left = text;
  }

  #told(changes: readonly string[], repaired: boolean): void {
    this.#say(list(repaired ? 'put back' : 'differs', changes));
    const at = new Date().toISOString();
    this.#tell({ type: 'drift', at, changes: [...changes], repaired });
  }
}
