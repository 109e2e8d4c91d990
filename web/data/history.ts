import { useQuery } from '@tanstack/react-query';
import type { Throughput, TunnelHistory } from '#api';
import { now } from './clock.ts';
import { at } from './queries.ts';
import { ask } from './server.ts';

/** Hours that are looked back at, by their names. The server has 10 s of a day, and 5 min of 90 days. */
export const spans = { hour: 1, day: 24, week: 7 * 24, '90 days': 90 * 24 } as const;
export type Span = keyof typeof spans;

/** Milliseconds after which it is asked for again. */
const aging = 30_000;

/** How a tunnel went. */
export const useTunnelHistory = (network: string, ends: readonly [string, string], span: Span) =>
  useQuery({
    queryKey: [network, 'history', ends, span],
    queryFn: async () => {
      const from = new Date(now() - spans[span] * 3_600_000).toISOString();
      const path = `tunnels/${ends.map(encodeURIComponent).join('/')}/history`;
      return ask<TunnelHistory>(at(network, `${path}?from=${encodeURIComponent(from)}`));
    },
    refetchInterval: aging,
  });

/** What all tunnels carry together; agents tell of it once a minute. */
export const useThroughput = (network: string) =>
  useQuery({
    queryKey: [network, 'throughput'],
    queryFn: async () => ask<Throughput>(at(network, 'throughput')),
    refetchInterval: aging,
  });

export type Values = readonly (number | null)[];

/** Of a row of a table that tells the same as a chart. */
export interface Row {
  /** Seconds since 1970, when it began. */
  readonly at: number;
  readonly values: Values;
}

const mean = (values: Values): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
};

/** Means over equal times, at most `count`, the newest first; times of which nothing is known are left out. Pure. */
export function rowsOf(
  times: readonly number[],
  columns: readonly Values[],
  count: number,
): readonly Row[] {
  const width = Math.max(1, Math.ceil(times.length / count));
  const starts = Array.from({ length: Math.ceil(times.length / width) }, (_, one) => one * width);
  return starts
    .map((start) => ({
      at: times[start] ?? 0,
      values: columns.map((values) => mean(values.slice(start, start + width))),
    }))
    .filter(({ values }) => values.some((value) => value !== null))
    .reverse();
}

/** Shares of the most as a line 30 high, a step wide each; what was not told is a gap. */
export function sparkOf(shares: Values): string {
  const point = (share: number, at: number): string => `${at} ${30 - 28 * share}`;
  return shares
    .map((share, at) => {
      if (share === null) return '';
      // One alone is a dot.
      const isNew = at === 0 || shares[at - 1] === null;
      return isNew ? `M${point(share, at)}h0` : `L${point(share, at)}`;
    })
    .join('');
}
