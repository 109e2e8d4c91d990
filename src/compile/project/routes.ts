import { by, byText, fnv1a } from '#base';
import { type Address, Prefix } from '#ip';
import type { Host } from '#spec';
import type { Route, Rule } from '#state';
import { compileErrors } from '../errors.ts';
import { carrierOf, carrierOfHost, lanAddress, type Model, type Node, shareLan } from '../model.ts';
import { tunnelMtu } from '../mtu.ts';
import type { Carried } from './peers.ts';

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
}

/** A machine's routes into its tunnel and to its neighbours on the site's network. */
export function routingOf(model: Model, node: Node, peers: readonly Carried[]): Routing {
  const device = node.machine.interface;
  const largest = interfaceMtu(node, peers);
  const mtuOf = new Map(peers.map((peer) => [peer.node, tunnelMtu(node, peer.node)]));
  const uneven = new Set(mtuOf.values()).size > 1;
  const into = (prefix: Prefix, peer: Node | undefined): Route => {
    const mtu = (peer && mtuOf.get(peer)) ?? largest;
    return { prefix: prefix.toString(), device, table: mainTable, ...(mtu < largest && { mtu }) };
  };
  const upstream = model.paths.upstream(node);
  const tunnelled = [
    ...model.network.overlay.map((prefix) => into(prefix, upstream)),
    ...smallerPeers(model, peers, mtuOf, (upstream && mtuOf.get(upstream)) ?? largest, into),
    ...remoteRanges(model, node).map(({ prefix, node: behind }) =>
      into(prefix, uneven ? model.paths.next(node, behind) : undefined),
    ),
  ].filter((route) => allowedIn(node, route));
  return pinned(model, peers, [...tunnelled, ...siblingRoutes(node)]);
}

const allowedIn = (node: Node, route: Route): boolean => {
  const allowed = node.machine.allowedIps;
  return !allowed || allowed.some((prefix) => prefix.contains(Prefix.parse(route.prefix)));
};

/** Overlay addresses behind peers whose tunnel takes less than the overlay's route says. */
function smallerPeers(
  model: Model,
  peers: readonly Carried[],
  mtuOf: ReadonlyMap<Node, number>,
  usual: number,
  into: (prefix: Prefix, peer: Node) => Route,
): Route[] {
  return peers
    .filter((peer) => mtuOf.get(peer.node) !== usual)
    .flatMap((peer) =>
      peer.prefixes
        .filter((prefix) => model.network.overlay.some((o) => o.contains(prefix) && !o.equals(prefix)))
        .map((prefix) => into(prefix, peer.node)),
    );
}

/** Ranges of other sites. */
const remoteRanges = (model: Model, node: Node): Model['ranges'] =>
  model.ranges.filter((range) => range.node.unit !== node.unit);

/** Other machines of the site, by its own network. */
function siblingRoutes(node: Node): Route[] {
  return node.unit.nodes
    .filter((sibling) => sibling !== node && shareLan(node, sibling))
    .flatMap((sibling) =>
      sibling.overlay.flatMap((address): Route[] => {
        const via = lanAddress(sibling, address.family);
        const own = lanAddress(node, address.family);
        if (!via || !own) return [];
        return [
          {
            prefix: Prefix.single(address).toString(),
            via: via.toString(),
            device: { holding: own.toString() },
            table: mainTable,
          },
        ];
      }),
    );
}

/** Moves routes that would swallow WireGuard's own packets into a table those do not look into. */
function pinned(model: Model, peers: readonly Carried[], routes: readonly Route[]): Routing {
  const endpoints = peers.flatMap((peer) => peer.node.machine.endpoint?.address ?? []);
  const swallowed = endpoints.filter((address) => model.inside.contains(address));
  if (swallowed.length === 0) return { routes: sorted(routes), rules: [] };
  const mark = pinMark(model.network.name);
  const swallows = (route: Route): boolean => {
    const prefix = Prefix.parse(route.prefix);
    return swallowed.some((address) => prefix.contains(address));
  };
  const moved = routes.map((route) => (swallows(route) ? { ...route, table: mark } : route));
  if (!routes.some(swallows)) return { routes: sorted(routes), rules: [] };
  const families = [...new Set(swallowed.map((address) => address.family))].sort();
  const rules = families.map(
    (family): Rule => ({ family, priority: pinPriority, not: true, fwmark: mark, table: mark }),
  );
  return { routes: sorted(moved), rules, fwmark: mark };
}

/** Before the main table's 32766 (ip-rule(8)). */
const pinPriority = 30_000;

const sorted = (routes: readonly Route[]): readonly Route[] =>
  [...routes].sort((a, b) => a.table - b.table || byText(a.prefix, b.prefix));

/** What a plain host needs: the way to everything that is not its own site's, through the carrier. */
export function hostRoutes(model: Model, hostName: string): readonly Route[] {
  const host = hostNamed(model, hostName);
  const carrier = carrierOfHost(model, host);
  if (!carrier) return [];
  return routesVia(model, carrier, (via) =>
    host.addresses.some(({ local }) => onLink(carrier, local, via)),
  );
}

/** What the router of a site's network needs so that hosts of its other subnets find the gateway. */
export function siteRouterRoutes(model: Model, siteName: string): readonly Route[] {
  const unit = model.unitsByName.get(siteName);
  return unit ? routesVia(model, carrierOf(unit), () => true) : [];
}

export function hostNamed(model: Model, name: string): Host {
  const host = model.hostsByName.get(name);
  if (host) return host;
  const known = [...model.nodesByName.keys(), ...model.hostsByName.keys()].sort();
  throw compileErrors.error('compile/unknown-machine', { name, known: known.slice(0, 20).join(', ') });
}

function routesVia(model: Model, carrier: Node, usable: (via: Address) => boolean): Route[] {
  const prefixes = [
    ...model.network.overlay,
    ...remoteRanges(model, carrier).map((range) => range.prefix),
  ];
  return prefixes
    .flatMap((prefix): Route[] => {
      const via = lanAddress(carrier, prefix.family);
      if (!via || !usable(via)) return [];
      return [{ prefix: prefix.toString(), via: via.toString(), table: mainTable }];
    })
    .sort(by((route) => route.prefix));
}

/** Whether two addresses share one subnet of the carrier's site, so that no router is between them. */
const onLink = (carrier: Node, a: Address, b: Address): boolean =>
  carrier.unit.site?.subnets.some(({ local }) => local.contains(a) && local.contains(b)) ?? false;
