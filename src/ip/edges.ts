import type { Value } from './family.ts';

/**
 * A set of numbers as the sorted list of its edges: the numbers at which membership changes. It
 * begins outside, so edges at even indices open a run and those at odd ones close it (the first
 * number no longer within). Strictly increasing, of even length; runs never touch.
 */
export type Edges<T extends Value> = readonly T[];

/** How many edges are <= value; odd means that the value is within the set. O(log n). */
export function countUpTo<T extends Value>(edges: Edges<T>, value: T): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] as T) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const isOdd = (count: number): boolean => (count & 1) === 1;

/** Whether all numbers from `low` to `high`, both included, are within. */
export function hasRun<T extends Value>(edges: Edges<T>, low: T, high: T): boolean {
  const count = countUpTo(edges, low);
  return isOdd(count) && high < (edges[count] as T);
}

/** Whether any number from `low` to `high`, both included, is within. */
export function touchesRun<T extends Value>(edges: Edges<T>, low: T, high: T): boolean {
  const count = countUpTo(edges, low);
  return isOdd(count) || (count < edges.length && (edges[count] as T) <= high);
}

/** The set where `keep` holds of membership in either; `keep(false, false)` must be false. O(n+m). */
export function combine<T extends Value>(
  a: Edges<T>,
  b: Edges<T>,
  keep: (inA: boolean, inB: boolean) => boolean,
): Edges<T> {
  const edges: T[] = [];
  let i = 0;
  let j = 0;
  let inside = false;
  while (i < a.length || j < b.length) {
    const fromA = j >= b.length || (i < a.length && (a[i] as T) <= (b[j] as T));
    const edge = (fromA ? a[i] : b[j]) as T;
    if (i < a.length && a[i] === edge) i++;
    if (j < b.length && b[j] === edge) j++;
    const now = keep(isOdd(i), isOdd(j));
    if (now !== inside) edges.push(edge);
    inside = now;
  }
  return edges;
}

/** The same set, with all of [start, end) made part of it or not. O(log n), apart from the copy. */
export function paint<T extends Value>(
  edges: Edges<T>,
  start: T,
  end: T,
  inside: boolean,
): Edges<T> {
  const upTo = countUpTo(edges, start);
  const before = upTo > 0 && edges[upTo - 1] === start ? upTo - 1 : upTo;
  const after = countUpTo(edges, end);
  const changes: T[] = [];
  if (isOdd(before) !== inside) changes.push(start);
  if (isOdd(after) !== inside) changes.push(end);
  return edges.toSpliced(before, after - before, ...changes);
}

/**
 * The union of the runs [starts[i], ends[i]), in any order, given as all starts and all ends, each
 * sorted: a number is within while more runs have started than ended. O(n).
 */
export function unionOfRuns<T extends Value>(starts: ArrayLike<T>, ends: ArrayLike<T>): Edges<T> {
  const edges: T[] = [];
  let started = 0;
  for (let ended = 0; ended < ends.length; ended++) {
    const end = ends[ended] as T;
    if (started === ended) edges.push(starts[started++] as T);
    while (started < starts.length && (starts[started] as T) <= end) started++;
    if (started === ended + 1) edges.push(end);
  }
  return edges;
}
