import { byText } from '#base';
import { formatPort, type Port } from '#spec';
import type { Verdict } from '../api.ts';
import { type Pair, representativePairs } from '../check/pairs.ts';
import { type StationClass, stationClasses, unitOf } from '../check/stations.ts';
import type { Model } from '../model.ts';
import { joinPorts, portAtoms } from '../port-atoms.ts';
import { placesOf, type Station } from '../trace/places.ts';
import { familiesOf, trace } from '../trace/trace.ts';

/** Access that a change gives or takes. */
export interface AccessChange {
  readonly from: string;
  readonly to: string;
  /** `icmp`, `tcp/22-30`... */
  readonly port: string;
  readonly before: Verdict;
  readonly after: Verdict;
}

/** Up to this many flows are compared one by one; beyond, one pair stands for all alike. */
const flowLimit = 20_000;

/** What machines that are in both networks may do now that they could not before, and the reverse. */
export function accessChanges(a: Model, b: Model): readonly AccessChange[] {
  const ports = portAtoms([a.network, b.network]);
  return pairsOf(a, b, ports.length).flatMap((pair) => changesOfPair(a, b, pair, ports));
}

function changesOfPair(
  a: Model,
  b: Model,
  { from, to }: Pair,
  ports: readonly Port[],
): readonly AccessChange[] {
  const changed = ports.flatMap((port) => {
    const [before, after] = [a, b].map((model) => verdictOf(model, from.name, to.name, port));
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
    }));
  });
}

const arrives = (verdict: Verdict): boolean => verdict === 'allow' || verdict === 'outside';

/** Arrives in one family: somebody gets through. */
function verdictOf(model: Model, from: string, to: string, port: Port): Verdict | undefined {
  const places = placesOf(model);
  const families = familiesOf(places.station(from), places.station(to));
  const verdicts = families.map((family) => trace(model, from, to, port, family).verdict);
  return verdicts.find(arrives) ?? verdicts[0];
}

function pairsOf(a: Model, b: Model, ports: number): readonly Pair[] {
  const common = combined(a, b);
  const stations = common.flatMap((c) => c.stations);
  if (stations.length ** 2 * ports > flowLimit) return representativePairs(b, common);
  const sorted = stations.toSorted((x, y) => byText(x.name, y.name));
  return sorted.flatMap((from) => sorted.filter((to) => to !== from).map((to) => ({ from, to })));
}

/** Classes of stations that are alike before and alike after. */
function combined(a: Model, b: Model): readonly StationClass[] {
  const before = new Map(
    stationClasses(placesOf(a)).flatMap((c) => c.stations.map((s) => [s.name, c.key] as const)),
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
