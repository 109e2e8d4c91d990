import type { Model } from '../model.ts';
import { portAtoms } from '../port-atoms.ts';
import { routerIn } from '../trace/router.ts';
import { type Stationed, stationOf } from '../trace/segment.ts';
import { type AccessChange, type Both, changesOfPair, flowLimit } from './access.ts';

/**
 * What machines of segments may do now that they could not before, and the reverse; of those that are in both
 * networks. Without a policy, before and after, nothing is asked.
 */
export function accessInside(a: Model, b: Model): readonly AccessChange[] {
  if (!a.policy && !b.policy) return [];
  const both: Both = { a, b, former: new Map() };
  const ports = portAtoms([a.network, b.network]);
  const stations = everyone(b).filter(({ station }) => stationOf(a, station.name));
  if (stations.length ** 2 * ports.length <= flowLimit) {
    return pairsOf(both, stations).flatMap(([from, to]) =>
      changesOfPair(both, { from: from.station, to: to.station }, ports),
    );
  }
  const classes = Map.groupBy(stations, (one) => keyOf(both, one));
  const alikeTo = ({ name }: { readonly name: string }): readonly string[] => {
    const one = stationOf(b, name);
    return (one && classes.get(keyOf(both, one)))?.map(({ station }) => station.name) ?? [name];
  };
  // Two of each: what holds for one holds for all, also between each other.
  const some = [...classes.values()].flatMap((alike) => alike.slice(0, 2));
  const told = new Set<string>();
  return pairsOf(both, some).flatMap(([from, to]) => {
    const pair = `${keyOf(both, from)} > ${keyOf(both, to)}`;
    if (told.has(pair)) return [];
    told.add(pair);
    return changesOfPair(both, { from: from.station, to: to.station }, ports, alikeTo);
  });
}

const everyone = ({ network }: Model): readonly Stationed[] =>
  network.segments.flatMap((segment) => segment.stations.map((station) => ({ station, segment })));

/** Those that a gateway or a router of ours is between, before or after. */
const pairsOf = (
  { a, b }: Both,
  stations: readonly Stationed[],
): readonly (readonly [Stationed, Stationed])[] =>
  stations.flatMap((from) =>
    stations.flatMap((to) => {
      const between = [a, b].some((model) => isBetween(model, from.station.name, to.station.name));
      return from !== to && between ? [[from, to] as const] : [];
    }),
  );

function isBetween(model: Model, from: string, to: string): boolean {
  const [one, other] = [stationOf(model, from), stationOf(model, to)];
  if (!one || !other) return false;
  if (one.segment === other.segment) return one.station.site !== other.station.site;
  const router = routerIn(model, one.segment.name);
  return router !== undefined && router === routerIn(model, other.segment.name);
}

/** Machines that no policy can tell apart, neither before nor after. */
const keyOf = ({ a, b }: Both, { station: { name } }: Stationed): string =>
  [a, b].map((model) => keyIn(model, name)).join(' | ');

function keyIn(model: Model, name: string): string {
  const found = stationOf(model, name);
  if (!found) return '';
  const { station, segment } = found;
  const rules = station.addresses.map((address) => {
    const sends = model.policy?.classOfSource(address)?.rules.join() ?? '-';
    const receives = model.policy?.classOfDestination(address)?.rules.join() ?? '-';
    return `${address.family} ${sends}>${receives}`;
  });
  return [segment.name, station.site, ...rules].join(' ');
}
