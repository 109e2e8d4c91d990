import { historyStep, type Throughput } from '#api';
import type { Points } from './points.ts';

/** Steps that are told: an hour. */
const length = 3600 / historyStep;

/** Bytes of each step from one on; null: nothing was told. */
export interface Carried {
  readonly first: number;
  readonly bytes: readonly (number | null)[];
}

/**
 * What all tunnels of a network carried together, for an hour, by what came to this server since it started, and to the
 * others. What passes several tunnels on its way counts in each.
 */
export class Total {
  readonly #bytes = new Map<number, number>();
  /** By what other servers were told, also of those that ended meanwhile. */
  readonly #elsewhere = new Map<string, Carried>();
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

  /** Another server was told that, all of it. */
  addElsewhere(server: string, carried: Carried): void {
    this.#elsewhere.set(server, carried);
  }

  /** By what came to this server, for the hour before and the step that is not over; `now`: seconds since 1970. */
  own(now: number): Carried {
    const first = firstAt(now);
    for (const at of this.#bytes.keys()) if (at < first) this.#bytes.delete(at);
    return { first, bytes: steps(length + 1, (index) => this.#bytes.get(first + index) ?? null) };
  }

  /** The hour before; `now`: seconds since 1970. */
  read(now: number): Throughput {
    const own = this.own(now);
    for (const [server, { first, bytes }] of this.#elsewhere) {
      if (first + bytes.length <= own.first) this.#elsewhere.delete(server);
    }
    const all = [own, ...this.#elsewhere.values()];
    const sumAt = (at: number): number | null => {
      const known = all.flatMap(({ first, bytes }) => bytes[at - first] ?? []);
      return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0);
    };
    return {
      from: new Date(own.first * historyStep * 1000).toISOString(),
      step: historyStep,
      bytes: steps(length, (index) => sumAt(own.first + index)),
    };
  }
}

const firstAt = (now: number): number => Math.floor(now / historyStep) - length;
const steps = (count: number, value: (index: number) => number | null) =>
  Array.from({ length: count }, (_, index) => value(index));
