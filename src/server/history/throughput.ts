import { historyStep, type Throughput } from '#api';
import type { Points } from './points.ts';

/** Steps that are told: an hour. */
const length = 3600 / historyStep;

/**
 * What all tunnels of a network carried together, for an hour, by what came to this server since it started. What passes
 * several tunnels on its way counts in each.
 */
export class Total {
  readonly #bytes = new Map<number, number>();
  /** The last step that was counted, by tunnel and end. */
  readonly #until = new Map<string, number>();

  /** `columns`: what is to be counted of what this end says: what the other one sends it tells itself, if it tells. */
  add(end: string, points: Points, columns: readonly ('there' | 'back')[]): void {
    const until = this.#until.get(end) ?? Number.NEGATIVE_INFINITY;
    let last = until;
    for (const [at, point] of points) {
      if (at <= until) continue;
      last = Math.max(last, at);
      const known = columns.flatMap((column) => point[column] ?? []);
      if (known.length === 0) continue;
      const sum = known.reduce((all, one) => all + one, 0);
      this.#bytes.set(at, (this.#bytes.get(at) ?? 0) + sum);
    }
    this.#until.set(end, last);
  }

  /** The hour before; `now`: seconds since 1970. */
  read(now: number): Throughput {
    const end = Math.floor(now / historyStep);
    const first = end - length;
    for (const at of this.#bytes.keys()) if (at < first) this.#bytes.delete(at);
    return {
      from: new Date(first * historyStep * 1000).toISOString(),
      step: historyStep,
      bytes: Array.from({ length }, (_, index) => this.#bytes.get(first + index) ?? null),
    };
  }
}
