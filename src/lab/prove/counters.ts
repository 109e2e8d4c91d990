import { inParallel } from '#base';
import { ask } from '../station/client.ts';
import { allowed, type Expected } from './expect.ts';
import type { Stations } from './measure.ts';

/** Packets per named counter of a machine's table of ours. */
export type Counters = ReadonlyMap<string, number>;

interface NftList {
  readonly nftables: readonly {
    readonly counter?: { readonly name: string; readonly packets: number };
  }[];
}

/** Reads the counters of these machines, `machine` to counters. */
export async function readCounters(
  stations: Stations,
  machines: Iterable<string>,
): Promise<ReadonlyMap<string, Counters>> {
  const known = [...machines].flatMap((name) => stations.get(name) ?? []);
  const read = await inParallel(known, 8, async (station) => {
    const argv = ['nft', '-j', 'list', 'counters'];
    const { stdout } = await ask(station, { do: 'run', argv });
    return [station.name, parseCounters(stdout)] as const;
  });
  return new Map(read);
}

/** Reads the JSON of `nft list counters` (libnftables-json(5)). */
export function parseCounters(json: string): Counters {
  const counters = new Map<string, number>();
  if (json.trim() === '') return counters;
  for (const { counter } of (JSON.parse(json) as NftList).nftables) {
    if (counter) counters.set(counter.name, (counters.get(counter.name) ?? 0) + counter.packets);
  }
  return counters;
}

/** A rule that refuses, how many flows it must have refused and what it counted. */
export interface Refusals {
  readonly machine: string;
  readonly counter: string;
  readonly flows: number;
  readonly counted: number;
}

/** Holds the flows that rules refuse against what the rules' counters say. */
export function refusals(
  flows: readonly Expected[],
  before: ReadonlyMap<string, Counters>,
  after: ReadonlyMap<string, Counters>,
): readonly Refusals[] {
  const denied = flows.filter((flow) => !allowed(flow) && flow.decision?.counter !== undefined);
  const groups = Map.groupBy(
    denied,
    ({ decision }) => `${decision?.machine}\0${decision?.counter}`,
  );
  return [...groups]
    .map(([key, own]) => {
      const [machine = '', counter = ''] = key.split('\0');
      const count = (of: ReadonlyMap<string, Counters>) => of.get(machine)?.get(counter) ?? 0;
      return { machine, counter, flows: own.length, counted: count(after) - count(before) };
    })
    .toSorted((a, b) => (a.machine + a.counter < b.machine + b.counter ? -1 : 1));
}

export const deciders = (flows: readonly Expected[]): ReadonlySet<string> =>
  new Set(flows.flatMap((flow) => (allowed(flow) ? [] : (flow.decision?.machine ?? []))));
