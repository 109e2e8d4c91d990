import { countWhile } from '#base';
import type { Address, Family } from '#ip';
import type { Host, Site } from '#spec';
import { carrierOf, lanAddress, type Model, type Node, unknownMachine } from '../model.ts';
import { hostRoutes, siteRouterRoutes } from '../project/host-routes.ts';
import { project } from '../project/project.ts';
import { Stack } from './stack.ts';

/** A machine or host as the start or end of a packet's way. */
export type Station =
  | { readonly kind: 'node'; readonly name: string; readonly node: Node }
  | { readonly kind: 'host'; readonly name: string; readonly host: Host };

/** What a trace looks up, remembered between traces of one model. */
export interface Places {
  readonly model: Model;
  stack(node: Node): Stack;
  station(name: string): Station;
  /** Who has this address as others see it, in the site (if given) or anywhere. */
  owner(address: Address, site?: string): Station | undefined;
  hostRoutes: typeof hostRoutes;
  siteRouterRoutes: typeof siteRouterRoutes;
}

const remembered = new WeakMap<Model, Places>();

export function placesOf(model: Model): Places {
  const known = remembered.get(model) ?? newPlaces(model);
  remembered.set(model, known);
  return known;
}

function newPlaces(model: Model): Places {
  const stacks = new Map<Node, Stack>();
  let owners: ReadonlyMap<string, Station> | undefined;
  return {
    model,
    stack(node) {
      const known = stacks.get(node) ?? new Stack(project(model, node.name));
      stacks.set(node, known);
      return known;
    },
    station: (name) => stationNamed(model, name),
    owner(address, site) {
      owners ??= ownersOf(model);
      const station = owners.get(address.toString()) ?? podOwner(model, address);
      return station && (site === undefined || siteOf(station) === site) ? station : undefined;
    },
    hostRoutes: memo(hostRoutes),
    siteRouterRoutes: memo(siteRouterRoutes),
  };
}

function memo<T>(ask: (model: Model, name: string) => T): (model: Model, name: string) => T {
  const known = new Map<string, T>();
  return (model, name) => {
    const value = known.get(name) ?? ask(model, name);
    known.set(name, value);
    return value;
  };
}

export const siteOf = (station: Station): string | undefined =>
  station.kind === 'node' ? station.node.unit.site?.name : station.host.site;

function stationNamed(model: Model, name: string): Station {
  const node = model.nodesByName.get(name);
  if (node) return { kind: 'node', name, node };
  const host = model.hostsByName.get(name);
  if (host) return { kind: 'host', name, host };
  throw unknownMachine(model, name);
}

function ownersOf(model: Model): ReadonlyMap<string, Station> {
  const owners = new Map<string, Station>();
  for (const node of model.nodes) {
    const station: Station = { kind: 'node', name: node.name, node };
    for (const address of [...node.overlay, ...node.machine.addresses.map((a) => a.presented)]) {
      owners.set(address.toString(), station);
    }
  }
  for (const host of model.hostsByName.values()) {
    const station: Station = { kind: 'host', name: host.name, host };
    for (const { presented } of host.addresses) owners.set(presented.toString(), station);
  }
  return owners;
}

/** The node in whose pod range an address is. */
function podOwner(model: Model, address: Address): Station | undefined {
  const before = countWhile(model.ranges, ({ prefix }) => prefix.first.compare(address) <= 0);
  const range = model.ranges[before - 1];
  const node = range?.prefix.contains(address) ? range.node : undefined;
  return node && isPod(node, address) ? { kind: 'node', name: node.name, node } : undefined;
}

/** Whether an address belongs to a pod that runs on the node. */
export const isPod = (node: Node, address: Address): boolean =>
  node.machine.pods.some((range) => range.contains(address));

/** Addresses by which others reach a station, the one to use first in front. */
export function addressesOf(station: Station): readonly Address[] {
  if (station.kind === 'host') return station.host.addresses.map((a) => a.presented);
  const { overlay, machine } = station.node;
  return [...overlay, ...machine.addresses.map((a) => a.presented)];
}

export const addressIn = (station: Station, family: Family): Address | undefined =>
  addressesOf(station).find((address) => address.family === family);

/** A station's address on its site's own network. */
export const localAddress = (station: Station, family: Family): Address | undefined =>
  station.kind === 'node'
    ? lanAddress(station.node, family)
    : station.host.addresses.find((a) => a.local.family === family)?.local;

export const siteNamed = (model: Model, name: string): Site | undefined =>
  model.sitesByName.get(name);

export const carrierOfSite = (model: Model, name: string): Node | undefined => {
  const unit = model.unitsByName.get(name);
  return unit && carrierOf(unit);
};
