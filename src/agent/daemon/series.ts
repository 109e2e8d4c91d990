import type { ProbeSample, TunnelSeries } from '#api';
import { historyStep } from '#api';

/** So many points of a peer are kept while nobody listens: an hour. */
const most = 360;
const step = historyStep * 1000;

/** What a tunnel has of a peer. */
export interface Counters {
  /** Of the device and its peer: others count for themselves. */
  readonly id: string;
  readonly rx: number;
  readonly tx: number;
  /** Seconds since 1970 of the last handshake; 0: none. */
  readonly handshake: number;
}

interface Point {
  readonly rx: number;
  readonly tx: number;
  readonly handshakes: number;
  readonly rtt: number | null;
  readonly loss: number | null;
}

interface Course {
  last: Counters;
  /** The step of which there is something, and what that is so far. */
  at: number;
  open: Pick<Point, 'rx' | 'tx' | 'handshakes'>;
  /** Steps that are over, by their numbers. */
  readonly points: Map<number, Point>;
}

const nothing = { rx: 0, tx: 0, handshakes: 0 } as const;

/** What grew since: a counter that began anew has counted what it says. */
const grown = (before: number, after: number): number => (after < before ? after : after - before);

/** How tunnels went, in steps of 10 s of a steady clock. Pure but for what it remembers; times in ms. */
export class Series {
  readonly #courses = new Map<string, Course>();

  /** ms until the step is over. */
  rest(now: number): number {
    return step - (now % step);
  }

  note(name: string, counters: Counters, probe: ProbeSample | undefined, now: number): void {
    const at = Math.floor(now / step);
    const course = this.#courses.get(name);
    // Counters of another device say nothing of how these grew.
    if (course?.last.id !== counters.id) {
      const points = course?.points ?? new Map<number, Point>();
      this.#courses.set(name, { last: counters, at, open: nothing, points });
      return;
    }
    const { last, open } = course;
    course.open = {
      rx: open.rx + grown(last.rx, counters.rx),
      tx: open.tx + grown(last.tx, counters.tx),
      handshakes: open.handshakes + Number(counters.handshake > last.handshake),
    };
    course.last = counters;
    if (at === course.at) return;
    const { rtt = null, loss = null } = probe ?? {};
    course.points.set(at - 1, { ...course.open, rtt, loss });
    course.open = nothing;
    course.at = at;
    for (const old of course.points.keys()) {
      if (old >= at - most) break;
      course.points.delete(old);
    }
  }

  /** What was not told yet of a peer; undefined: nothing. */
  of(name: string, now: number): TunnelSeries | undefined {
    const { points } = this.#courses.get(name) ?? {};
    const [first] = points?.keys() ?? [];
    const last = [...(points?.keys() ?? [])].at(-1);
    if (!points || first === undefined || last === undefined) return undefined;
    const all = Array.from({ length: last - first + 1 }, (_, index) => points.get(first + index));
    const column = <K extends keyof Point>(key: K) => all.map((point) => point?.[key] ?? null);
    return {
      age: (now - (last + 1) * step) / 1000,
      ...{ rx: column('rx'), tx: column('tx'), handshakes: column('handshakes') },
      ...{ rtt: column('rtt'), loss: column('loss') },
    };
  }

  /** It was told. */
  told(name: string): void {
    this.#courses.get(name)?.points.clear();
  }

  /** Only these are peers now. */
  keep(names: ReadonlyMap<string, unknown>): void {
    for (const name of this.#courses.keys()) if (!names.has(name)) this.#courses.delete(name);
  }
}
