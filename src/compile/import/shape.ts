import { type Prefix, PrefixSet } from '#ip';
import type { Machine, Seen } from './machines.ts';

/** The form of the network: who stands at the edge behind which hub, and how the others are joined. */
export interface Shape {
  /** Machines that carry ranges or are somebody's hub. */
  readonly gateways: readonly Machine[];
  readonly members: readonly Machine[];
  readonly hubs: ReadonlyMap<Machine, Machine>;
  readonly topology: Topology;
  /** Pairs that have a tunnel. */
  readonly links: readonly Link[];
}

export type Link = readonly [Machine, Machine];
export type Topology =
  | { readonly kind: 'mesh' }
  | { readonly kind: 'hub'; readonly hub: Machine }
  | { readonly kind: 'links'; readonly links: readonly Link[] };

type Neighbours = ReadonlyMap<Machine, ReadonlySet<Machine>>;

function neighboursOf(machines: readonly Machine[]): Neighbours {
  const all = new Map(machines.map((machine) => [machine, new Set<Machine>()]));
  for (const machine of machines) {
    for (const { by } of machine.seen) {
      all.get(machine)?.add(by);
      all.get(by)?.add(machine);
    }
  }
  return all;
}

/** Whether a peer is given most of a range of the overlay, as a hub is. */
const isWide = ({ view }: Seen, overlay: readonly Prefix[]): boolean => {
  const allowed = PrefixSet.of(view.allowed);
  return overlay.some((range) => {
    const whole = PrefixSet.of([range]);
    return allowed.intersect(whole).size * 2n > whole.size;
  });
};

export const endpointsOf = ({ owns, seen }: Machine) =>
  [...owns, ...seen.map(({ view }) => view)].flatMap(({ endpoint }) => endpoint ?? []);

/** Of two that have only each other: what speaks for one being the hub. */
function hubness(machine: Machine, overlay: readonly Prefix[]): number {
  const endpoint = endpointsOf(machine).length > 0 ? 2 : 0;
  const wide = machine.seen.some((one) => isWide(one, overlay)) ? 2 : 0;
  const port = machine.owns.some(({ listenPort }) => listenPort !== undefined) ? 1 : 0;
  return endpoint + wide + port;
}

/** The one through which a machine at the edge reaches all others. */
function hubOf(
  machine: Machine,
  neighbours: Neighbours,
  overlay: readonly Prefix[],
): Machine | undefined {
  const [only, ...others] = neighbours.get(machine) ?? [];
  if (!only || others.length > 0) return undefined;
  const isPair = neighbours.get(only)?.size === 1;
  return !isPair || hubness(only, overlay) > hubness(machine, overlay) ? only : undefined;
}

/** Each pair of these that has a tunnel, once. */
function linksAmong(machines: readonly Machine[], neighbours: Neighbours): readonly Link[] {
  const order = new Map(machines.map((machine, index) => [machine, index]));
  return machines.flatMap((a, index) =>
    [...(neighbours.get(a) ?? [])].flatMap((b): Link[] =>
      (order.get(b) ?? -1) > index ? [[a, b]] : [],
    ),
  );
}

/** Two are a mesh, unless one of them alone is given the whole overlay by the other. */
function hubOfTwo(
  core: readonly Machine[],
  gateways: ReadonlySet<Machine>,
  overlay: readonly Prefix[],
): Topology {
  const wide = core.filter(({ seen }) =>
    seen.some((one) => core.includes(one.by) && isWide(one, overlay)),
  );
  const [hub] = wide;
  if (!hub || core.length !== 2 || wide.length !== 1 || !gateways.has(hub)) return { kind: 'mesh' };
  return { kind: 'hub', hub };
}

function topologyOf(
  core: readonly Machine[],
  gateways: ReadonlySet<Machine>,
  neighbours: Neighbours,
  overlay: readonly Prefix[],
): Topology {
  const links = linksAmong(core, neighbours);
  if (links.length === (core.length * (core.length - 1)) / 2)
    return hubOfTwo(core, gateways, overlay);
  const hub = core.find((one) => links.every((link) => link.includes(one)));
  const isStar = hub !== undefined && gateways.has(hub) && links.length === core.length - 1;
  return isStar ? { kind: 'hub', hub } : { kind: 'links', links };
}

/** The form that all tunnels together have. `subnets`: what lies behind whom. */
export function shapeOf(
  machines: readonly Machine[],
  subnets: ReadonlyMap<Machine, readonly Prefix[]>,
  overlay: readonly Prefix[],
): Shape {
  const neighbours = neighboursOf(machines);
  const edge = machines.filter((machine) => !subnets.get(machine)?.length);
  const hubs = new Map<Machine, Machine>();
  for (const machine of edge) {
    const hub = hubOf(machine, neighbours, overlay);
    if (hub) hubs.set(machine, hub);
  }
  const isHub = new Set(hubs.values());
  const isLone = machines.length === 1;
  const gateways = machines.filter((one) => isHub.has(one) || subnets.get(one)?.length || isLone);
  const carrying = new Set(gateways);
  const members = machines.filter((one) => !carrying.has(one));
  const core = machines.filter((one) => !hubs.has(one));
  return {
    gateways,
    members,
    hubs,
    topology: topologyOf(core, carrying, neighbours, overlay),
    links: linksAmong(machines, neighbours),
  };
}
