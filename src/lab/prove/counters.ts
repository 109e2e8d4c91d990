import { inParallel } from '#base';
import { ask } from '../station/client.ts';
import { allowed, type Expected } from './expect.ts';
import type { Stations } from './measure.ts';

/** Packets per named counter of a machine, with those of the namespaces of its segments and routers. */
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
    const own = await ask(station, { do: 'run', argv });
    const others = await ask(station, {
      do: 'run',
      argv: ['ip', '-all', 'netns', 'exec', ...argv],
    });
    return [station.name, parseCounters(`${own.stdout}\n${others.stdout}`)] as const;
  });
  return new Map(read);
}

/** Reads lines of JSON, one of each `nft list counters` (libnftables-json(5)). */
export function parseCounters(text: string): Counters {
  const counters = new Map<string, number>();
  const lists = text.split('\n').filter((line) => line.startsWith('{'));
  for (const { counter } of lists.flatMap((line) => (JSON.parse(line) as NftList).nftables)) {
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
