import { by } from '#base';
import { Prefix } from '#ip';
import type {
  AddressItem,
  Forwarding,
  HostState,
  Namespace,
  NftMatch,
  NftRule,
  NftTable,
  Sysctl,
} from '#state';
import { hostStateFormat } from '#state';
import { compileErrors } from '../errors.ts';
import { lanAddress, type Model, type Node } from '../model.ts';
import { hostResolution, resolutionOf } from '../names/state.ts';
import { filterOf } from './filter.ts';
import { hostNamed, hostRoutes } from './host-routes.ts';
import { monitorsOf } from './monitors.ts';
import { type Carried, carriedPeers } from './peers.ts';
import { probesOf } from './probes.ts';
import { insideRouter } from './routers/inside.ts';
import { tunnelRouter } from './routers/place.ts';
import { routerSpaces } from './routers/space.ts';
import { type Devices, interfaceMtu, type Routing, routingOf } from './routes.ts';
import { segmentSpaces } from './segments/space.ts';
import { tapPolicy } from './segments/tap-policy.ts';
import { tapsOf } from './segments/taps.ts';
import { bindingsOf, diversionsOf, type PlannedTunnel, tunnelState, tunnelsOf } from './tunnels.ts';

/** Whether a machine of that name has a HostState. */
export const hasState = (model: Model, name: string): boolean =>
  model.nodesByName.has(name) || model.hostsByName.get(name)?.routes === 'agent';

/** Machines with a HostState: those that run WireGuard, and hosts whose routes an agent sets. */
export const machinesOf = (model: Model): readonly string[] =>
  [
    ...model.nodesByName.keys(),
    ...[...model.hostsByName.values()].filter((h) => h.routes === 'agent').map((h) => h.name),
  ].sort();

/**
 * What one machine should be; one that is cut off should be nothing. Throws `compile/unknown-machine` and, for a plain host that runs
 * nothing of ours, `compile/no-state`.
 */
export function project(model: Model, machine: string): HostState {
  const node = model.nodesByName.get(machine);
  if (node?.isRevoked)
    return { ...frame(model, machine), namespaces: {}, tunnels: {}, bindings: [] };
  return node ? nodeState(model, node) : hostState(model, machine);
}

const frame = (model: Model, machine: string) => ({
  format: hostStateFormat as 1,
  network: model.network.name,
  machine,
  epoch: model.inputs.epoch,
  rev: model.inputs.rev,
  processes: {},
  tables: {},
});

function hostState(model: Model, name: string): HostState {
  const host = hostNamed(model, name);
  if (host.routes !== 'agent') {
    throw compileErrors.error('compile/no-state', { name, by: host.routes });
  }
  return {
    ...frame(model, name),
    namespaces: {
      root: { routes: { v: 1, items: [...hostRoutes(model, name)] }, ...hostResolution(model) },
    },
    tunnels: {},
    bindings: [],
  };
}

function nodeState(model: Model, node: Node): HostState {
  const peers = carriedPeers(model, node);
  const tunnels = tunnelsOf(model, node, peers);
  const routing = routingOf(model, node, peers, {
    devices: devicesOf(tunnels),
    diversions: diversionsOf(model, node, tunnels),
  });
  const monitors = monitorsOf(model, node.name);
  const probes = probesOf(model, node, peers);
  return {
    ...frame(model, node.name),
    ...(Object.keys(monitors).length > 0 && { monitors }),
    ...(probes && { probes }),
    namespaces: {
      ...around(model, node, { peers, tunnels, routing }),
      ...segmentSpaces(model, node),
      ...routerSpaces(model, node),
    },
    tunnels: Object.fromEntries(
      tunnels.map((tunnel) => [
        tunnel.lane.tunnel,
        tunnelState(model, node, tunnel, routing.fwmark),
      ]),
    ),
    bindings: bindingsOf(tunnels),
  };
}

const devicesOf = ([first, ...others]: Parts['tunnels']): Devices['devices'] => [
  first.lane.interface,
  ...others.map(({ lane }) => lane.interface),
];

/** The machine's own namespace, and that of the router in which its tunnels live. */
function around(model: Model, node: Node, parts: Parts): HostState['namespaces'] {
  const root = rootOf(model, node, parts);
  const router = tunnelRouter(model, node);
  if (router?.external === undefined) return { root };
  return { root: {}, [router.external]: insideRouter(router, devicesOf(parts.tunnels), root) };
}

interface Parts {
  readonly peers: readonly Carried[];
  readonly tunnels: readonly [PlannedTunnel, ...PlannedTunnel[]];
  readonly routing: Routing;
}

function rootOf(model: Model, node: Node, { peers, tunnels, routing }: Parts): Namespace {
  const devices = devicesOf(tunnels);
  const mtu = interfaceMtu(node, peers);
  const addresses = node.overlay.flatMap((address) =>
    devices.map((device): AddressItem => ({ device, address: Prefix.single(address).toString() })),
  );
  const base: Namespace = {
    links: { v: 1, items: devices.map((name) => ({ name, kind: 'wireguard', mtu })) },
    addresses: { v: 1, items: addresses },
    routes: { v: 1, items: [...routing.routes] },
    ...(routing.rules.length > 0 && { rules: { v: 1, items: [...routing.rules] } }),
    ...resolutionOf(model, node),
  };
  if (!node.machine.managed) return base;
  const sysctls = [
    ...(routing.fwmark === undefined ? [] : [srcValidMark]),
    ...looseFilters(node, devices),
    ...withoutRedirects(node, devices),
  ];
  return {
    ...base,
    ...(sysctls.length > 0 && { sysctls: { v: 1, items: sysctls } }),
    forwarding: { v: 1, items: forwardingOf(model, node, devices) },
    nft: {
      v: 1,
      items: [
        withPin(
          filterOf(model, node, { peers: peers.map((peer) => peer.node), devices }),
          tunnels,
          routing,
        ),
        ...tapsOf(model, node),
        ...tapPolicy(model, node),
      ],
    },
  };
}

/** Lets strict reverse-path filtering look up the mark as well (ip-sysctl). */
const srcValidMark: Sysctl = { key: 'net.ipv4.conf.all.src_valid_mark', value: '1' };

/**
 * While a key changes, packets may come by another tunnel than the one that answers take: the ends switch
 * one after the other. Loose filtering needs an address on the device to look from (ip-sysctl).
 */
function looseFilters(node: Node, devices: readonly string[]): Sysctl[] {
  if (devices.length === 1) return [];
  const value = node.overlay.some(({ family }) => family === 4) ? '2' : '0';
  return devices.map((device) => ({ key: 'net.ipv4.conf.*.rp_filter', device, value }));
}

/**
 * Carriers do not tell hosts of a way around them: what comes in and leaves by one device, such as
 * between two peers, is meant to. The kernel asks for `all` and the device (ip-sysctl).
 */
function withoutRedirects(node: Node, tunnels: readonly string[]): Sysctl[] {
  if (!node.isCarrier || !node.unit.site) return [];
  const lan = lanAddress(node, 4);
  const key = 'net.ipv4.conf.*.send_redirects';
  const devices = [...tunnels, ...(lan ? [{ holding: lan.toString() }] : [])];
  return [
    { key: 'net.ipv4.conf.all.send_redirects', value: '0' },
    ...devices.map((device) => ({ key, device, value: '0' })),
  ];
}

/**
 * Marks what comes in from pinned endpoints, so that strict reverse-path filtering looks for the way
 * back where WireGuard's own packets go.
 */
function withPin(table: NftTable, tunnels: Parts['tunnels'], routing: Routing): NftTable {
  if (routing.fwmark === undefined) return table;
  const outside = devicesOf(tunnels).map(
    (right): NftMatch => ({ left: 'iifname', op: '!=', right }),
  );
  const rules = ([4, 6] as const).flatMap((family): NftRule[] => {
    const endpoints = (routing.pinned ?? []).filter((address) => address.family === family);
    if (endpoints.length === 0) return [];
    const left = family === 4 ? 'ip saddr' : 'ip6 saddr';
    return tunnels.map(({ lane }) => ({
      match: [
        ...outside,
        { left, op: '==', right: endpoints.map(String) },
        { left: 'udp dport', op: '==', right: String(lane.listenPort) },
      ],
      set: `meta mark set ${routing.fwmark}`,
    }));
  });
  const hook = { type: 'filter', hook: 'prerouting', priority: -150, policy: 'accept' };
  const chains = [...table.chains, { name: 'prerouting', hook, rules }];
  return { ...table, chains: chains.sort(by((chain) => chain.name)) };
}

/**
 * Carriers of sites forward between the tunnel and the site's network, and between tunnels; a node
 * with pods forwards to them. Other machines forward nothing.
 */
function forwardingOf(model: Model, node: Node, devices: readonly string[]): Forwarding[] {
  const { machine } = node;
  const carries = node.isCarrier && node.unit.site !== undefined;
  if (!carries && machine.pods.length === 0) return [];
  return ([4, 6] as const).flatMap((family): Forwarding[] => {
    const inner = model.inside.prefixes().some((prefix) => prefix.family === family);
    if (!inner) return [];
    const lan = carries ? lanAddress(node, family) : undefined;
    const tunnels = devices.map((device): Forwarding => ({ device, family }));
    return lan ? [...tunnels, { device: { holding: lan.toString() }, family }] : tunnels;
  });
}
