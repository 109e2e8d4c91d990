import { byText } from '#base';
import { carrierOf, type Model, type Unit } from '../model.ts';
import type { PolicyClasses } from '../policy/partition.ts';
import { addressesOf, type Places, type Station } from '../trace/places.ts';

/**
 * Stations that no packet can tell apart: same role in the topology, same families, same policy. What
 * holds for one of them holds for all.
 */
export interface StationClass {
  readonly key: string;
  readonly reach: string;
  readonly stations: readonly Station[];
  readonly byUnit: ReadonlyMap<string, readonly Station[]>;
}

export const unitOf = (model: Model, station: Station): Unit =>
  station.kind === 'node' ? station.node.unit : (model.unitsByName.get(station.host.site) as Unit);

export function stationClasses(places: Places): readonly StationClass[] {
  const { model } = places;
  const unitKeys = new Map<Unit, string>();
  const relays = firstRelays(model);
  const keyOfUnit = (unit: Unit): string => {
    const known = unitKeys.get(unit) ?? unitKey(model, unit, relays, keyOfUnit);
    unitKeys.set(unit, known);
    return known;
  };
  const groups = new Map<string, { reach: string; stations: Station[] }>();
  for (const station of everyStation(model)) {
    const reach = `${keyOfUnit(unitOf(model, station))} ${reachKey(model, station)}`;
    const key = `${reach} ${model.policy ? policyKey(model.policy, station) : ''}`;
    const group = groups.get(key);
    if (group) group.stations.push(station);
    else groups.set(key, { reach, stations: [station] });
  }
  return [...groups]
    .sort(([a], [b]) => byText(a, b))
    .map(([key, { reach, stations }]) => ({
      key,
      reach,
      stations,
      byUnit: Map.groupBy(stations, (station) => unitOf(model, station).name),
    }));
}

function everyStation(model: Model): readonly Station[] {
  const nodes = model.nodes.map((node): Station => ({ kind: 'node', name: node.name, node }));
  const hosts = [...model.hostsByName.values()]
    .filter((host) => model.unitsByName.has(host.site))
    .map((host): Station => ({ kind: 'host', name: host.name, host }));
  return [...nodes, ...hosts];
}

/** A unit's place in the topology; with named links every place is one of its own. */
function unitKey(
  model: Model,
  unit: Unit,
  relays: readonly Unit[],
  keyOf: (unit: Unit) => string,
): string {
  const { topology } = model.network;
  const nodes = unit.nodes.map((node) => (node.machine.endpoint ? 'e' : 'n')).join('');
  const shape = `${unit.site ? 's' : 'm'}${nodes}a${Math.min(unit.attached.length, 2)}n${unit.site?.subnets.length ?? 0}`;
  const hub = unit.hub === undefined ? undefined : model.unitsByName.get(unit.hub);
  if (hub) return `${shape}(${keyOf(hub)})`;
  if (topology.kind === 'links') return `${shape}=${unit.name}`;
  if (topology.kind === 'hub') return `${shape}h${topology.hubs.indexOf(unit.name)}`;
  return `${shape}r${relays.indexOf(unit)}`;
}

/** Relays of a mesh are chosen in order: the first two are like no other. */
const firstRelays = (model: Model): readonly Unit[] =>
  model.units.filter((unit) => unit.site && carrierOf(unit).machine.endpoint).slice(0, 2);

function reachKey(model: Model, station: Station): string {
  const families = addressesOf(station).map((address) => address.family);
  if (station.kind === 'host') return `host ${families.join('')} ${subnetsOf(model, station)}`;
  const { node } = station;
  const { pods, managed, endpoint } = node.machine;
  const index = node.unit.nodes.indexOf(node);
  const link = endpoint ? (endpoint.address?.family ?? 'dns') : 'nat';
  const lan = node.machine.addresses.map((address) => address.local.family).join('');
  return `node${index} ${families.join('')}/${lan} ${link} p${pods.length} ${managed ? '' : 'unmanaged'}`;
}

/** Which of its site's subnets a host is in: hosts of some have a router before the gateway. */
const subnetsOf = (model: Model, station: Station & { readonly kind: 'host' }): string => {
  const subnets = unitOf(model, station).site?.subnets ?? [];
  return station.host.addresses
    .map(({ local }) => subnets.findIndex((subnet) => subnet.local.contains(local)))
    .join();
};

const policyKey = (policy: PolicyClasses, station: Station): string =>
  addressesOf(station)
    .map((address) => {
      const source = policy.classOfSource(address)?.rules.join() ?? '-';
      const destination = policy.classOfDestination(address)?.rules.join() ?? '-';
      return `${source}>${destination}`;
    })
    .join(' ');
