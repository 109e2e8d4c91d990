import { byText, countWhile, fnv1a } from '#base';
import { type Address, Prefix } from '#ip';
import type { Route, Rule } from '#state';
import { lanAddress, type Model, type Node, needsHelp, shareLan } from '../model.ts';
import { paddedMtu, tunnelMtu } from '../mtu.ts';
import { divert } from './divert.ts';
import type { Carried } from './peers.ts';
import { tunnelSpace } from './routers/place.ts';
import { waysOut } from './segments/member.ts';
import type { Diversion } from './tunnels.ts';
import { unreachableRoutes } from './unreachable.ts';

/** The main routing table (rtnetlink(7)). */
export const mainTable = 254;

/** Largest packet the interface may send: what the best of its peers allows. */
export const interfaceMtu = (node: Node, peers: readonly Carried[]): number =>
  peers.length === 0
    ? node.underlayMtu - 80
    : Math.max(...peers.map((peer) => tunnelMtu(node, peer.node)));

/**
 * The mark of WireGuard's own packets and the table they do not look into, for machines on which an
 * endpoint lies inside a prefix that is routed into the tunnel; one number for both, by network.
 */
export const pinMark = (network: string): number => 0x68770000 + (fnv1a(network) & 0xffff);

export interface Routing {
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  /** Set when endpoints had to be pinned. */
  readonly fwmark?: number;
  /** Addresses of the endpoints that had to be pinned. */
  readonly pinned?: readonly Address[];
}

/** The tunnels of a machine, as routes see them. */
export interface Devices {
  /** The first is the usual one. */
  readonly devices: readonly [string, ...string[]];
  /** Where packets do not take that. */
  readonly diversions: readonly Diversion[];
}

/**
 * A machine's routes into its tunnel, to its neighbours on the site's network, and out of the segment of a member; with
 * an agent also those that refuse what should go there while the device is not there.
 */
export function routingOf(
  model: Model,
  node: Node,
  peers: readonly Carried[],
  tunnels: Devices,
): Routing {
  const routing = pinned(model, node, peers, leadingRoutes(model, node, peers, tunnels));
  if (!node.machine.managed) return routing;
  const ways = waysOut(model, node, peers);
  const devices = [...tunnels.devices, ...ways.map(({ device }) => device)];
  const routes = [...routing.routes, ...ways];
  const refusing = unreachableRoutes(model.network.name, devices, routes);
  return { ...routing, routes: sorted([...routes, ...refusing]) };
}

function leadingRoutes(
  model: Model,
  node: Node,
  peers: readonly Carried[],
  { devices: [device], diversions }: Devices,
): readonly Route[] {
  const largest = interfaceMtu(node, peers);
  const into = (prefix: Prefix, mtu = largest): Route => {
    const narrow = mtu < largest && { mtu: paddedMtu(mtu) };
    return { prefix: prefix.toString(), device, table: mainTable, ...narrow };
  };
  const overlay = overlayRoutes(model, node);
  const ranges = needsHelp(node) ? [] : rangeRoutes(model, node);
  const wide = [...overlay, ...ranges];
  const narrow = model.uneven && !needsHelp(node) ? exceptions(node, peers, wide, largest) : [];
  const routes = [
    ...[...wide, ...narrow].map(({ prefix, mtu }) => into(prefix, mtu)),
    ...(needsHelp(node) ? helpedRoutes(model, node, into) : []),
    ...siblingRoutes(node),
  ];
  return diversions.reduce<readonly Route[]>(
    (all, { device: other, peers: diverted }) =>
      divert(
        all,
        device,
        other,
        diverted.flatMap((peer) => peer.prefixes),
      ),
    routes,
  );
}

/** A prefix to be routed into the tunnel, with the largest packet that passes, if it is known to matter. */
interface Wide {
  readonly prefix: Prefix;
  readonly mtu: number | undefined;
}

/** The overlay, or what the file says is to go into the tunnel. */
function overlayRoutes(model: Model, node: Node): readonly Wide[] {
  const upstream = model.paths.upstream(node);
  const mtu = upstream && tunnelMtu(node, upstream);
  const prefixes = node.machine.allowedIps ?? model.network.overlay;
  return prefixes.map((prefix) => ({ prefix, mtu }));
}

function rangeRoutes(model: Model, node: Node): readonly Wide[] {
  if (node.machine.allowedIps) return [];
  return remoteRanges(model, node).map(({ prefix, node: behind }) => ({
    prefix,
    mtu: model.uneven ? pathMtu(model, node, behind) : undefined,
  }));
}

/**
 * Largest packet that passes every tunnel on the way. The sender has to know: a machine in between may
 * have no address of the packet's family to complain from.
 */
function pathMtu(model: Model, from: Node, to: Node): number | undefined {
  let smallest: number | undefined;
  let at = from;
  for (let hops = 0; at !== to && hops < hopLimit; hops++) {
    const next = model.paths.next(at, to);
    if (!next) return smallest;
    if (!shareLan(at, next)) smallest = Math.min(smallest ?? Infinity, hopMtu(model, at, next));
    at = next;
  }
  return smallest;
}

/** What one hop takes: less than its tunnel if its machine has larger ones, for then it pads. */
function hopMtu(model: Model, at: Node, next: Node): number {
  const size = tunnelMtu(at, next);
  return size < largestTunnel(model, at) ? paddedMtu(size) : size;
}

const largestTunnels = new WeakMap<Node, number>();

/** The largest packet that any of a machine's tunnels takes, bytes. */
export function largestTunnel(model: Model, node: Node): number {
  const known = largestTunnels.get(node);
  if (known !== undefined) return known;
  const upstream = model.paths.upstream(node);
  const peers = [...(upstream ? [upstream] : []), ...model.paths.neighbours(node)];
  const largest = peers.reduce((most, peer) => Math.max(most, tunnelMtu(node, peer)), 0);
  largestTunnels.set(node, largest);
  return largest;
}

/** Longer than any path. */
const hopLimit = 1_000;

/** Prefixes behind peers whose tunnel takes another size than the route around them says. */
function exceptions(
  node: Node,
  peers: readonly Carried[],
  wide: readonly Wide[],
  largest: number,
): readonly Wide[] {
  const sorted = wide.toSorted((a, b) => a.prefix.compare(b.prefix));
  return peers.flatMap((peer) => {
    const mtu = tunnelMtu(node, peer.node);
    const needsOwn = (prefix: Prefix): boolean => {
      const outer = sorted[countWhile(sorted, (w) => w.prefix.compare(prefix) <= 0) - 1];
      if (!outer?.prefix.contains(prefix) || outer.prefix.equals(prefix)) return false;
      const around = outer.mtu ?? largest;
      return around > mtu || (around < mtu && isOwn(peer.node, prefix));
    };
    return peer.prefixes.filter(needsOwn).map((prefix) => ({ prefix, mtu }));
  });
}

const isOwn = (node: Node, prefix: Prefix): boolean =>
  node.carries.some((own) => own.contains(prefix));

/** Ranges of other sites. */
const remoteRanges = (model: Model, node: Node): Model['ranges'] =>
  model.ranges.filter((range) => range.node.unit !== node.unit);

/** Overlay addresses of the site's other machines, by its own network. */
const siblingRoutes = (node: Node): Route[] =>
  node.unit.nodes
    .filter((other) => other !== node && shareLan(node, other))
    .flatMap((sibling) =>
      sibling.overlay.flatMap((address) => overLan(node, sibling, Prefix.single(address))),
    );

/**
 * The routes of a machine that some can only reach through its sibling: ranges and machines behind
 * the sibling go over the site's own network, those that the machine links with into the tunnel.
 */
function helpedRoutes(
  model: Model,
  node: Node,
  into: (prefix: Prefix, mtu?: number) => Route,
): Route[] {
  const towards = (prefix: Prefix, target: Node): Route[] => {
    const next = model.paths.next(node, target);
    if (next && shareLan(node, next)) return overLan(node, next, prefix);
    return [into(prefix, pathMtu(model, node, target))];
  };
  const ranges = remoteRanges(model, node).flatMap(({ prefix, node: behind }) =>
    towards(prefix, behind),
  );
  const machines = model.nodes
    .filter((other) => other !== node && !shareLan(node, other))
    .flatMap((other) => ownAddresses(node, other).flatMap((prefix) => towards(prefix, other)));
  return [...ranges, ...machines];
}

/** Addresses of another machine that lie in no range, or apart from the range around them. */
const ownAddresses = (node: Node, other: Node): readonly Prefix[] => [
  ...other.overlay.map((address) => Prefix.single(address)),
  ...(other.isCarrier || other.unit === node.unit
    ? []
    : other.machine.addresses.map((a) => Prefix.single(a.presented))),
];

function overLan(node: Node, sibling: Node, prefix: Prefix): Route[] {
  const via = lanAddress(sibling, prefix.family);
  const own = lanAddress(node, prefix.family);
  if (!via || !own) return [];
  const device = { holding: own.toString() };
  return [{ prefix: prefix.toString(), via: via.toString(), device, table: mainTable }];
}

/** Moves routes that would swallow WireGuard's own packets into a table those do not look into. */
function pinned(
  model: Model,
  node: Node,
  peers: readonly Carried[],
  routes: readonly Route[],
): Routing {
  // The socket, in another namespace, sees none of these routes.
  if (tunnelSpace(model, node) !== undefined) return { routes: sorted(routes), rules: [] };
  const endpoints = peers.flatMap((peer) => peer.node.machine.endpoint?.address ?? []);
  const inside = (address: Address): boolean =>
    node.machine.allowedIps?.some((prefix) => prefix.contains(address)) ??
    model.inside.contains(address);
  const swallowed = endpoints.filter(inside);
  if (swallowed.length === 0) return { routes: sorted(routes), rules: [] };
  const mark = pinMark(model.network.name);
  const prefixOf = new Map(routes.map((route) => [route, Prefix.parse(route.prefix)]));
  const swallowing = [...prefixOf.values()].filter((prefix) =>
    swallowed.some((address) => prefix.contains(address)),
  );
  // What lies inside a moved route moves along: the pin's table is asked first, whatever the length.
  const swallows = (route: Route): boolean => {
    const prefix = prefixOf.get(route);
    return swallowing.some((wide) => prefix !== undefined && wide.contains(prefix));
  };
  if (!routes.some(swallows)) return { routes: sorted(routes), rules: [] };
  const families = ([4, 6] as const).filter((family) =>
    swallowed.some((address) => address.family === family),
  );
  const rules = families.map(
    (family): Rule => ({ family, priority: pinPriority, not: true, fwmark: mark, table: mark }),
  );
  const moved = routes.map((route) => (swallows(route) ? { ...route, table: mark } : route));
  return { routes: sorted(moved), rules, fwmark: mark, pinned: swallowed };
}

/** Before the main table's 32766 (ip-rule(8)). */
const pinPriority = 30_000;

const sorted = (routes: readonly Route[]): readonly Route[] =>
  [...routes].sort((a, b) => a.table - b.table || byText(a.prefix, b.prefix));
