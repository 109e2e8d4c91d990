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
  readonly handshakes: number | null;
  readonly rtt: number | null;
  readonly loss: number | null;
}

type Growth = Readonly<Record<'rx' | 'tx' | 'handshakes', number>>;

interface Course {
  last: Counters;
  /** The step of which there is something, and what that is so far. */
  at: number;
  open: Growth;
  /** Steps that are over, by their numbers. */
  readonly points: Map<number, Point>;
}

const nothing = { rx: 0, tx: 0, handshakes: 0 } as const;

/** What grew since: a counter that began anew has counted what it says. */
const grown = (before: number, after: number): number => (after < before ? after : after - before);

const growthOf = (before: Counters, after: Counters): Growth => ({
  rx: grown(before.rx, after.rx),
  tx: grown(before.tx, after.tx),
  handshakes: Number(after.handshake > before.handshake),
});

const sum = (one: Growth, other: Growth): Growth => ({
  rx: one.rx + other.rx,
  tx: one.tx + other.tx,
  handshakes: one.handshakes + other.handshakes,
});

interface Part {
  readonly index: number;
  readonly steps: number;
}

/** What falls of a whole number to one of several steps; all of them together have the whole. */
const share = (whole: number, { index, steps }: Part): number =>
  Math.floor(whole / steps) + Number(index < whole % steps);

/**
 * One of the steps since the last look, of which `open` had been seen of the first. When in a longer time bytes came nobody knows:
 * all of its steps have the same, since in one of them they would be a spike that never was. What a probe says is of the last.
 */
function pointOf(open: Growth, growth: Growth, probe: ProbeSample | undefined, part: Part): Point {
  const isLast = part.index === part.steps - 1;
  const isKnown = part.index === 0 || isLast;
  const own = {
    ...{ rx: share(growth.rx, part), tx: share(growth.tx, part) },
    handshakes: isLast ? growth.handshakes : 0,
  };
  const all = part.index === 0 ? sum(open, own) : own;
  const { rtt = null, loss = null } = (isLast && probe) || {};
  return { ...all, handshakes: isKnown ? all.handshakes : null, rtt, loss };
}

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
    const growth = growthOf(course.last, counters);
    course.last = counters;
    if (at === course.at) {
      course.open = sum(course.open, growth);
      return;
    }
    const steps = at - course.at;
    for (let index = Math.max(0, steps - most); index < steps; index++) {
      course.points.set(course.at + index, pointOf(course.open, growth, probe, { index, steps }));
    }
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
