import { mostWarnings } from '#api';
import { plainFinding } from '#base';
import { agentErrors } from '../errors.ts';
import { list } from './findings.ts';
import type { Notes } from './notes.ts';
import type { Surroundings } from './surroundings.ts';

/** Tells people and the server what differs on a machine though nobody planned it. */
export class Drift {
  readonly #say: (line: string) => void;
  readonly #tell: Surroundings['tell'];
  /** What was told of differences while nothing may be changed. */
  #left: readonly string[] = [];

  constructor(say: (line: string) => void, tell: Surroundings['tell'], notes: Notes) {
    this.#say = say;
    this.#tell = tell;
    notes.addLive(() => this.#left.slice(0, mostWarnings / 2).map(noteOf));
  }

  /** What differed, and does no more. */
  repaired(changes: readonly string[]): void {
    this.#told(changes, true);
  }

  /** What differs, and stays so for now; none: what may be changed again. Told once. */
  left(changes: readonly string[]): void {
    const isOther = changes.join('\n') !== this.#left.join('\n');
    if (isOther && changes.length > 0) this.#told(changes, false);
    this.#left = changes;
  }

  #told(changes: readonly string[], repaired: boolean): void {
    this.#say(list(repaired ? 'put back' : 'differs', changes));
    const at = new Date().toISOString();
    this.#tell({ type: 'drift', at, changes: [...changes], repaired });
  }
}

const noteOf = (change: string) =>
  plainFinding(agentErrors.diagnostic('agent/not-put-back', { change }, { severity: 'warning' }));
