import { byText } from '#base';
import { formatPort, type Port } from '#spec';
import type { Verdict } from '../api.ts';
import { type Pair, representativePairs } from '../check/pairs.ts';
import { type StationClass, stationClasses, unitOf } from '../check/stations.ts';
import type { Model } from '../model.ts';
import { joinPorts, portAtoms } from '../port-atoms.ts';
import { placesOf, type Station } from '../trace/places.ts';
import { sharedFamilies, trace } from '../trace/trace.ts';

/** Access that a change gives or takes. */
export interface AccessChange {
  readonly from: string;
  readonly to: string;
  /** `icmp`, `tcp/22-30`... */
  readonly port: string;
  readonly before: Verdict;
  readonly after: Verdict;
  /** In a large network: the machines for which this holds as well, from any of those to any of these. */
  readonly alike?: { readonly from: readonly string[]; readonly to: readonly string[] };
}

/** Up to this many flows are compared one by one; beyond, one pair stands for all alike. */
export const flowLimit = 20_000;

/**
 * What machines that are in both networks may do now that they could not before, and the reverse.
 * `former`: what they were called, by what they are called.
 */
export function accessChanges(
  a: Model,
  b: Model,
  former: ReadonlyMap<string, string>,
): readonly AccessChange[] {
  const ports = portAtoms([a.network, b.network]);
  const both: Both = { a, b, former };
  const classes = combined(both);
  const stations = classes.flatMap((c) => c.stations);
  if (stations.length ** 2 * ports.length <= flowLimit) {
    return everyPair(stations).flatMap((pair) => changesOfPair(both, pair, ports));
  }
  const classOfName = new Map(classes.flatMap((c) => c.stations.map((s) => [s.name, c] as const)));
  const alikeTo = ({ name }: End): readonly string[] =>
    (classOfName.get(name)?.stations ?? []).map((station) => station.name);
  return representativePairs(b, classes).flatMap((pair) =>
    changesOfPair(both, pair, ports, alikeTo),
  );
}

function everyPair(stations: readonly Station[]): readonly Pair[] {
  const sorted = stations.toSorted((x, y) => byText(x.name, y.name));
  return sorted.flatMap((from) => sorted.filter((to) => to !== from).map((to) => ({ from, to })));
}

export interface Both {
  readonly a: Model;
  readonly b: Model;
  readonly former: ReadonlyMap<string, string>;
}

/** An end of a flow: a machine, a host, or a machine of a segment. */
interface End {
  readonly name: string;
}

/** What changes between two ends. `alikeTo`: those for which it holds as well. */
export function changesOfPair(
  { a, b, former }: Both,
  { from, to }: { readonly from: End; readonly to: End },
  ports: readonly Port[],
  alikeTo?: (end: End) => readonly string[],
): readonly AccessChange[] {
  const changed = ports.flatMap((port) => {
    const old = [from.name, to.name].map((name) => former.get(name) ?? name);
    const before = verdictOf(a, old[0] ?? '', old[1] ?? '', port);
    const after = verdictOf(b, from.name, to.name, port);
    if (!before || !after || arrives(before) === arrives(after)) return [];
    return [{ port, before, after }];
  });
  const alike = Map.groupBy(changed, ({ before, after }) => `${before} ${after}`);
  return [...alike.values()].flatMap((group) => {
    const [{ before, after } = { before: 'deny', after: 'deny' } as const] = group;
    return joinPorts(group.map(({ port }) => port)).map((port) => ({
      from: from.name,
      to: to.name,
      port: formatPort(port),
      before,
      after,
      ...(alikeTo && { alike: { from: alikeTo(from), to: alikeTo(to) } }),
    }));
  });
}

const arrives = (verdict: Verdict): boolean => verdict === 'allow' || verdict === 'outside';

/** Arrives in one family: somebody gets through. */
function verdictOf(model: Model, from: string, to: string, port: Port): Verdict | undefined {
  const verdicts = sharedFamilies(model, from, to).map(
    (family) => trace(model, from, to, port, family).verdict,
  );
  return verdicts.find(arrives) ?? verdicts[0];
}

/** Classes of stations that are alike before and alike after. */
function combined({ a, b, former }: Both): readonly StationClass[] {
  const old = new Map(
    stationClasses(placesOf(a)).flatMap((c) => c.stations.map((s) => [s.name, c.key] as const)),
  );
  const before = new Map(
    [...former].flatMap(([name, was]) => {
      const key = old.get(was);
      return key === undefined ? [] : [[name, key] as const];
    }),
  );
  return stationClasses(placesOf(b)).flatMap((c) => {
    const known = c.stations.filter((station) => before.has(station.name));
    const groups = Map.groupBy(known, (station) => before.get(station.name) as string);
    return [...groups].map(([key, stations]) => classOf(b, `${c.key} ${key}`, c.reach, stations));
  });
}

const classOf = (
  model: Model,
  key: string,
  reach: string,
  stations: readonly Station[],
): StationClass => ({
  key,
  reach,
  stations,
  byUnit: Map.groupBy(stations, (station) => unitOf(model, station).name),
});
