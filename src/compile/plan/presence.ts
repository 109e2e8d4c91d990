import { formatPort } from '#spec';
import { type StationClass, stationClasses, unitOf } from '../check/stations.ts';
import type { Model, Unit } from '../model.ts';
import { joinPorts, portAtoms } from '../port-atoms.ts';
import { placesOf, type Station } from '../trace/places.ts';
import { trace } from '../trace/trace.ts';
import { coverOf } from './cover.ts';

/** Whom a machine reaches, or who reaches it. */
export interface Reach {
  /** Selectors of the file, then names. */
  readonly who: readonly string[];
  /** `tcp/22`, `icmp`...; empty: everything. */
  readonly ports: readonly string[];
}

/** Machines that come or go, all those together that nothing but their names tells apart. */
export interface Presence {
  readonly what: 'joins' | 'leaves';
  readonly machines: readonly string[];
  readonly kind: 'gateway' | 'node' | 'member' | 'host';
  /** The site it is of, or the one that a member is attached to. */
  readonly site?: string;
  readonly managed: boolean;
  /** Who sets a plain host's routes. */
  readonly routes?: 'agent' | 'cloud' | 'manual';
  /** Absent in a network too large to look at all of it. */
  readonly reaches?: readonly Reach[];
  readonly reachedBy?: readonly Reach[];
}

/** Up to this many flows are followed to tell whom machines reach that come or go. */
const flowLimit = 20_000;

interface Placed {
  readonly station: Station;
  readonly unit: Unit;
  readonly key: string;
}

/** Machines of the network that come or go, with whom they reach and who reaches them. */
export function presences(
  model: Model,
  names: readonly string[],
  what: Presence['what'],
): readonly Presence[] {
  if (names.length === 0) return [];
  const places = placesOf(model);
  const classes = stationClasses(places);
  const keys = new Map(classes.flatMap((c) => c.stations.map((s) => [s.name, c.key] as const)));
  const groups = Map.groupBy(
    names.map((name) => places.station(name)),
    (station) => `${keys.get(station.name) ?? ''} ${homeOf(station) ?? ''}`,
  );
  const cost = classes.length * portAtoms([model.network]).length * 4;
  let budget = flowLimit;
  return [...groups.values()].map((stations) => {
    budget -= cost;
    return presenceOf(model, stations, what, budget >= 0 ? classes : undefined);
  });
}

const homeOf = (station: Station): string | undefined =>
  station.kind === 'host'
    ? station.host.site
    : (station.node.unit.site?.name ?? station.node.unit.hub);

function presenceOf(
  model: Model,
  stations: readonly Station[],
  what: Presence['what'],
  classes: readonly StationClass[] | undefined,
): Presence {
  const [first] = stations as readonly [Station];
  const machines = stations.map(({ name }) => name).sort();
  const site = homeOf(first);
  const common = { what, machines, ...(site !== undefined && { site }), ...roleOf(first) };
  const isLinked = first.kind === 'node' || model.unitsByName.has(first.host.site);
  if (!classes || !isLinked) return common;
  const others = classes.flatMap(({ key, stations: all }) =>
    all.map((station): Placed => ({ station, unit: unitOf(model, station), key })),
  );
  const targets = alike(
    model,
    unitOf(model, first),
    others.filter((o) => o.station.name !== first.name),
  );
  const besides = new Set(machines);
  return {
    ...common,
    reaches: reach(model, targets, besides, (to) => [first.name, to]),
    reachedBy: reach(model, targets, besides, (from) => [from, first.name]),
  };
}

const roleOf = (station: Station): Pick<Presence, 'kind' | 'managed' | 'routes'> =>
  station.kind === 'host'
    ? { kind: 'host', managed: station.host.routes === 'agent', routes: station.host.routes }
    : { kind: station.node.machine.kind, managed: station.node.machine.managed };

/** Stations of one class that stand in one relation to a unit: a packet of its cannot tell them apart. */
const alike = (
  model: Model,
  unit: Unit,
  others: readonly Placed[],
): readonly (readonly string[])[] =>
  [
    ...Map.groupBy(
      others,
      (other) => `${relationOf(model, unit, other.unit)} ${other.key}`,
    ).values(),
  ].map((group) => group.map(({ station }) => station.name));

function relationOf(model: Model, unit: Unit, other: Unit): string {
  if (other === unit) return 'own';
  const hub = unit.hub === undefined ? undefined : model.unitsByName.get(unit.hub);
  if (other === hub) return 'hub';
  if (other.hub === unit.name) return 'attached';
  return hub && other.hub === hub.name ? 'sibling' : 'other';
}

function reach(
  model: Model,
  targets: readonly (readonly string[])[],
  besides: ReadonlySet<string>,
  ends: (other: string) => readonly [string, string],
): readonly Reach[] {
  const found = new Map<string, { ports: readonly string[]; names: string[] }>();
  for (const names of targets) {
    const [from, to] = ends(names[0] ?? '');
    const ports = passing(model, from, to);
    if (!ports) continue;
    const entry = found.get(ports.join()) ?? { ports, names: [] };
    entry.names.push(...names);
    found.set(ports.join(), entry);
  }
  return [...found.values()].flatMap(({ ports, names }) => {
    const who = coverOf(model, new Set(names), besides);
    return who.length > 0 ? [{ who, ports }] : [];
  });
}

/** What arrives; empty: everything, undefined: nothing. */
function passing(model: Model, from: string, to: string): readonly string[] | undefined {
  const atoms = portAtoms([model.network]);
  const open = atoms.filter((port) =>
    ['allow', 'outside'].includes(trace(model, from, to, port).verdict),
  );
  if (open.length === 0) return undefined;
  return open.length === atoms.length ? [] : joinPorts(open).map(formatPort);
}
