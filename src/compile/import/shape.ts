import type { Prefix } from '#ip';
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

const isWide = ({ view }: Seen): boolean => view.allowed.some((prefix) => !prefix.isSingle);

export const endpointsOf = ({ owns, seen }: Machine) =>
  [...owns, ...seen.map(({ view }) => view)].flatMap(({ endpoint }) => endpoint ?? []);

/** Of two that have only each other: what speaks for one being the hub. */
function hubness(machine: Machine): number {
  const endpoint = endpointsOf(machine).length > 0 ? 2 : 0;
  const wide = machine.seen.some(isWide) ? 2 : 0;
  const port = machine.owns.some(({ listenPort }) => listenPort !== undefined) ? 1 : 0;
  return endpoint + wide + port;
}

/** The one through which a machine at the edge reaches all others. */
function hubOf(machine: Machine, neighbours: Neighbours): Machine | undefined {
  const [only, ...others] = neighbours.get(machine) ?? [];
  if (!only || others.length > 0) return undefined;
  const isPair = neighbours.get(only)?.size === 1;
  return !isPair || hubness(only) > hubness(machine) ? only : undefined;
}

function topologyOf(
  core: readonly Machine[],
  gateways: ReadonlySet<Machine>,
  neighbours: Neighbours,
): Topology {
  const links = core.flatMap((a, i) =>
    core.slice(i + 1).flatMap((b): Link[] => (neighbours.get(a)?.has(b) ? [[a, b]] : [])),
  );
  if (links.length === (core.length * (core.length - 1)) / 2) return { kind: 'mesh' };
  const hub = core.find((one) => links.every((link) => link.includes(one)));
  const isStar = hub !== undefined && gateways.has(hub) && links.length === core.length - 1;
  return isStar ? { kind: 'hub', hub } : { kind: 'links', links };
}

/** The form that all tunnels together have. `subnets`: what lies behind whom. */
export function shapeOf(
  machines: readonly Machine[],
  subnets: ReadonlyMap<Machine, readonly Prefix[]>,
): Shape {
  const neighbours = neighboursOf(machines);
  const edge = machines.filter((machine) => !subnets.get(machine)?.length);
  const hubs = new Map<Machine, Machine>();
  for (const machine of edge) {
    const hub = hubOf(machine, neighbours);
    if (hub) hubs.set(machine, hub);
  }
  const isHub = new Set(hubs.values());
  const isLone = machines.length === 1;
  const gateways = machines.filter((one) => isHub.has(one) || subnets.get(one)?.length || isLone);
  const members = machines.filter((one) => !gateways.includes(one));
  const core = machines.filter((one) => !hubs.has(one));
  const links = machines.flatMap((a, i) =>
    machines.slice(i + 1).flatMap((b): Link[] => (neighbours.get(a)?.has(b) ? [[a, b]] : [])),
  );
  return {
    gateways,
    members,
    hubs,
    topology: topologyOf(core, new Set(gateways), neighbours),
    links,
  };
}
