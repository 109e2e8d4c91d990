import { historyStep, longStep, type TunnelSeries } from '#api';

/** How a tunnel between `a` and `b` went in one step; what is absent nobody told. */
export interface Point {
  /** Bytes from a to b, and from b to a. */
  readonly there?: number;
  readonly back?: number;
  /** Milliseconds. */
  readonly rtt?: number;
  /** 0 to 1. */
  readonly loss?: number;
  readonly handshakes?: number;
}

export const columns = ['there', 'back', 'rtt', 'loss', 'handshakes'] as const;
type Column = (typeof columns)[number];

/** Points by the number of their step, counted from 1970. */
export type Points = ReadonlyMap<number, Point>;

type Law = (values: readonly number[]) => number;
const sum: Law = (values) => values.reduce((all, one) => all + one, 0);
const mean: Law = (values) => sum(values) / values.length;
const largest: Law = (values) => Math.max(...values);
const least: Law = (values) => Math.min(...values);

/** Of what both ends say of one step: who misses bytes counted fewer. To take it in twice changes nothing. */
const ofEnds: Readonly<Record<Column, Law>> = {
  ...{ there: largest, back: largest, rtt: least, loss: largest, handshakes: largest },
};
/** Of several steps that become one. */
const ofSteps: Readonly<Record<Column, Law>> = {
  ...{ there: sum, back: sum, rtt: mean, loss: mean, handshakes: sum },
};

function joined(points: readonly Point[], laws: Readonly<Record<Column, Law>>): Point {
  const entries = columns.flatMap((column) => {
    const values = points.flatMap((point) => point[column] ?? []);
    return values.length === 0 ? [] : [[column, laws[column](values)] as const];
  });
  return Object.fromEntries(entries);
}

/** What is known of a step by one end, and by the other, or once more. */
export const merged = (one: Point | undefined, other: Point): Point =>
  one ? joined([one, other], ofEnds) : other;

/** Steps that a long one is made of. */
const parts = longStep / historyStep;

/** The long step of a number, from the short ones; undefined: nothing is known of any. */
export function longPoint(short: Points, number: number): Point | undefined {
  const known = Array.from({ length: parts }, (_, index) => short.get(number * parts + index));
  const told = known.flatMap((point) => point ?? []);
  return told.length === 0 ? undefined : joined(told, ofSteps);
}

/** The long step that a short one is part of. */
export const longOf = (short: number): number => Math.floor(short / parts);

const day = 86_400;

/**
 * What an end said, as points by their steps. `isFirst`: that end is a. `now`: seconds since 1970 when it said it. What is
 * older than a day is believed of nobody, and the last step is over.
 */
export function pointsOf(series: TunnelSeries, isFirst: boolean, now: number): Points {
  const end = Math.floor((now - series.age) / historyStep - 0.5);
  const count = series.rx.length;
  const found = Array.from({ length: count }, (_, index): readonly [number, Point] => {
    const [rx, tx] = [series.rx[index], series.tx[index]];
    const [there, back] = isFirst ? [tx, rx] : [rx, tx];
    const { rtt, loss, handshakes } = series;
    const all = { there, back, rtt: rtt[index], loss: loss[index], handshakes: handshakes[index] };
    return [end - (count - 1 - index), pointFrom(all)];
  });
  const oldest = (now - day) / historyStep;
  return new Map(found.filter(([at, point]) => at >= oldest && Object.keys(point).length > 0));
}

/** Without what is not known. */
export const pointFrom = (values: Readonly<Record<Column, number | null | undefined>>): Point =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'number'));
