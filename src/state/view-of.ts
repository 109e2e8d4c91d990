import { byText } from '#base';
import type { DhcpServer } from './dhcp-schema.ts';
import { stateErrors } from './errors.ts';
import type { DhcpServerItem, RouteItem } from './items.ts';
import { canonicalElement, writeHook, writeRule } from './nft-text.ts';
import { deviceOf, type Resolver, symbolic } from './resolve.ts';
import type {
  Binding,
  HostState,
  Namespace,
  NftMap,
  NftSet,
  NftTable,
  Peer,
  Route,
  Sysctl,
  Tunnel,
} from './schema.ts';
import { type NamespaceBuilder, putItem, type View, ViewBuilder } from './view.ts';

/** Prefixes by tunnel and peer name. */
type Carried = Map<string, Map<string, string[]>>;

type Candidate = Binding['candidates'][number];

/** Candidates that exist, the first of each tunnel, lowest rank first. */
function candidatesOf(state: HostState, { candidates, prefixes }: Binding): readonly Candidate[] {
  const existing = candidates
    .filter(({ tunnel, peer }) => state.tunnels[tunnel]?.peers[peer])
    .sort((a, b) => a.rank - b.rank);
  if (existing.length === 0) {
    throw stateErrors.error('state/no-candidate', { prefixes: prefixes.join(', ') });
  }
  const tunnels = Map.groupBy(existing, ({ tunnel }) => tunnel);
  return [...tunnels.values()].flatMap(([first]) => first ?? []);
}

function carriedBy(state: HostState): Carried {
  const carried: Carried = new Map();
  for (const binding of state.bindings) {
    for (const { tunnel, peer } of candidatesOf(state, binding)) {
      const ofTunnel = carried.get(tunnel) ?? new Map<string, string[]>();
      const ofPeer = ofTunnel.get(peer) ?? [];
      ofPeer.push(...binding.prefixes);
      carried.set(tunnel, ofTunnel.set(peer, ofPeer));
    }
  }
  return carried;
}

/** The devices by which prefixes live that may be carried by several; @throws state/no-candidate */
function carriers(state: HostState, resolver: Resolver): Carriers {
  const several = state.bindings.filter(({ candidates }) => candidates.length > 1);
  return new Map(
    several.flatMap((binding) => {
      const [first] = candidatesOf(state, binding);
      const tunnel = resolver.live?.(binding) ?? first?.tunnel ?? '';
      const device = state.tunnels[tunnel]?.interface ?? '';
      return binding.prefixes.map((prefix) => [prefix, device] as const);
    }),
  );
}

function putPeer(
  into: NamespaceBuilder,
  device: string,
  label: string,
  peer: Peer,
  prefixes: readonly string[],
): void {
  const secret = peer.presharedKey;
  putItem(into, 'peers', {
    interface: device,
    publicKey: peer.publicKey,
    ...(peer.endpoint !== undefined && { endpoint: peer.endpoint }),
    keepalive: peer.keepalive ?? 0,
    ...(secret && { presharedKey: `${secret.id}@${secret.version}` }),
    allowedIps: prefixes.toSorted(byText),
    label,
  });
}

function putTunnel(
  into: NamespaceBuilder,
  tunnel: Tunnel,
  carried: ReadonlyMap<string, readonly string[]> | undefined,
  resolver: Resolver,
): void {
  putItem(into, 'tunnels', {
    interface: tunnel.interface,
    bornIn: tunnel.bornIn,
    ...(tunnel.livesIn !== tunnel.bornIn && { livesIn: tunnel.livesIn }),
    listenPort: tunnel.listenPort,
    fwmark: tunnel.fwmark ?? 0,
    publicKey: resolver.publicKey(tunnel),
  });
  for (const [name, peer] of Object.entries(tunnel.peers)) {
    putPeer(into, tunnel.interface, name, peer, carried?.get(name) ?? []);
  }
}

const withLength = (address: string): string =>
  address.includes('/') ? address : `${address}/${address.includes(':') ? 128 : 32}`;

/** Devices by the prefixes that live there. */
type Carriers = ReadonlyMap<string, string>;

/** @throws state/no-candidate where nobody carries what the route leads to */
function routeDevice({ device, via, prefix }: Route, resolver: Resolver, by: Carriers): string {
  if (device === undefined) return resolver.device({ towards: via ?? prefix });
  if (typeof device === 'string' || 'holding' in device) return deviceOf(resolver, device);
  const found = by.get(device.carrying);
  if (found !== undefined) return found;
  throw stateErrors.error('state/no-candidate', { prefixes: device.carrying });
}

/** A route in the kernel's terms. */
function routeItem(route: Route, resolver: Resolver, by: Carriers): RouteItem {
  const { via, mtu, source } = route;
  const metric = route.metric ?? (route.prefix.includes(':') ? 1024 : 0);
  const common = { prefix: route.prefix, table: route.table, metric };
  if (route.type === 'unreachable') return { type: 'unreachable', ...common, device: '' };
  return {
    ...common,
    device: routeDevice(route, resolver, by),
    ...(via !== undefined && { via }),
    ...(mtu !== undefined && { mtu }),
    ...(source !== undefined && { source }),
  };
}

/** `net.ipv4.conf.*.forwarding` becomes a path, since a device's own name may hold dots. */
function sysctlPath({ key, device }: Sysctl, resolver: Resolver): string {
  const name = device === undefined ? '*' : deviceOf(resolver, device);
  return key
    .split('.')
    .map((part) => (part === '*' ? name : part))
    .join('/');
}

function putSet(into: NamespaceBuilder, table: NftTable, set: NftSet | NftMap, map: boolean): void {
  const where = { family: table.family, table: table.name };
  const { name, type, interval } = set;
  putItem(into, 'nft-sets', { ...where, name, map, type, interval });
  for (const entry of set.elements) {
    const [text, verdict] = typeof entry === 'string' ? [entry] : entry;
    const element = canonicalElement(text, type);
    const item = { ...where, set: name, element };
    putItem(into, 'nft-elements', verdict === undefined ? item : { ...item, verdict });
  }
}

function putTable(into: NamespaceBuilder, table: NftTable): void {
  const where = { family: table.family, table: table.name };
  putItem(into, 'nft-tables', { family: table.family, name: table.name });
  for (const name of table.counters) putItem(into, 'nft-counters', { ...where, name });
  for (const set of table.sets) putSet(into, table, set, false);
  for (const map of table.maps) putSet(into, table, map, true);
  for (const chain of table.chains) {
    const hook = writeHook(chain);
    const rules = chain.rules.map(writeRule);
    putItem(into, 'nft-chains', {
      ...where,
      name: chain.name,
      ...(hook !== undefined && { hook }),
      rules,
    });
  }
}

function putNamespace(
  into: NamespaceBuilder,
  wanted: Namespace,
  resolver: Resolver,
  by: Carriers,
): void {
  for (const { name, mtu } of wanted.links?.items ?? []) {
    putItem(into, 'links', { name, mtu, up: true });
  }
  for (const { device, address } of wanted.addresses?.items ?? []) {
    const item = { device: deviceOf(resolver, device), address: withLength(address) };
    putItem(into, 'addresses', item);
  }
  for (const route of wanted.routes?.items ?? []) {
    putItem(into, 'routes', routeItem(route, resolver, by));
  }
  for (const { family, priority, not, fwmark, table } of wanted.rules?.items ?? []) {
    putItem(into, 'rules', { family, priority, not, fwmark, table });
  }
  for (const sysctl of wanted.sysctls?.items ?? []) {
    putItem(into, 'sysctls', { path: sysctlPath(sysctl, resolver), value: sysctl.value });
  }
  for (const { device, family } of wanted.forwarding?.items ?? []) {
    putItem(into, 'forwarding', { device: deviceOf(resolver, device), family });
  }
  for (const table of wanted.nft?.items ?? []) putTable(into, table);
  putResolution(into, wanted, resolver);
  putSegment(into, wanted);
}

function putSegment(into: NamespaceBuilder, wanted: Namespace): void {
  for (const { name, mac } of wanted.bridges?.items ?? []) {
    putItem(into, 'bridges', { name, ...(mac !== undefined && { mac }), up: true, plain: true });
  }
  for (const one of wanted.vxlans?.items ?? []) {
    const { name, bridge, vni, port, local, flood: floods = false } = one;
    putItem(into, 'vxlans', { name, bridge, vni, port, local, up: true, sealed: true, floods });
  }
  for (const { device, to } of wanted.floods?.items ?? []) putItem(into, 'floods', { device, to });
  for (const { device, mac, to } of wanted.fdb?.items ?? [])
    putItem(into, 'fdb', { device, mac, to });
  for (const { device, address, mac } of wanted.neighbours?.items ?? []) {
    putItem(into, 'neighbours', { device, address, mac });
  }
  for (const { device, address } of wanted.proxies?.items ?? []) {
    putItem(into, 'proxies', { device, address });
  }
  for (const { device, bridge = '' } of wanted.ports?.items ?? []) {
    putItem(into, 'ports', { device, bridge, up: true });
  }
  for (const { name, parent, tag, bridge = '' } of wanted.vlans?.items ?? []) {
    putItem(into, 'vlans', { name, parent, tag, bridge, up: true });
  }
  for (const { name, mac, bridge: on = '', peer } of wanted.veths?.items ?? []) {
    const { namespace, bridge = '', addresses, mac: peerMac = '', mtu = 0 } = peer;
    const far = { namespace, peer: peer.name, bridge, addresses: addresses.toSorted(byText) };
    putItem(into, 'veths', { name, mac, on, ...far, peerMac, mtu, up: true });
  }
  for (const server of wanted.dhcpServers?.items ?? []) {
    putItem(into, 'dhcp-servers', dhcpServerItem(server));
  }
}

function dhcpServerItem(server: DhcpServer): DhcpServerItem {
  const { device, pools, routers, dns, mtu = 0, zones, forward, hosts } = server;
  const lines = hosts.map(({ mac, addresses, name }) => [mac, ...addresses, name].join(' '));
  return { device, pools, routers, dns, mtu, zones, forward, hosts: lines };
}

const isBelow = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

/** Names where the machine is to find them; a resolver answers with those in full alone. */
function putNames(into: NamespaceBuilder, wanted: Namespace, resolver: Resolver): void {
  const { hostsFile = 'never', items = [] } = wanted.names ?? {};
  const inFile = hostsFile === 'always' || (hostsFile === 'auto' && resolver.splitsDns !== true);
  const answering = [...(wanted.resolvers?.items ?? []), ...(wanted.dhcpServers?.items ?? [])];
  const zones = answering.flatMap((one) => one.zones);
  for (const { address, names } of items) {
    if (inFile) putItem(into, 'names', { place: 'hosts file', address, names });
    const own = names.filter((name) => zones.some((zone) => isBelow(name, zone)));
    if (own.length > 0) putItem(into, 'names', { place: 'resolver', address, names: own });
  }
}

function putResolution(into: NamespaceBuilder, wanted: Namespace, resolver: Resolver): void {
  for (const { name, listen, zones, forward } of wanted.resolvers?.items ?? []) {
    putItem(into, 'resolvers', { name, listen, zones, forward });
  }
  putNames(into, wanted, resolver);
  if (resolver.splitsDns === false) return;
  const isPlan = resolver.splitsDns === undefined;
  for (const { device, servers, domains, forwards } of wanted.splitDns?.items ?? []) {
    const told = isPlan && forwards !== undefined && { forwards };
    putItem(into, 'split-dns', { device, servers, domains, ...told });
  }
}

/**
 * What a machine should have, item by item, with the kernel's own defaults filled in. Allowed IPs of
 * a peer are the prefixes of the bindings it carries.
 * @throws state/no-candidate
 */
export function viewOf(state: HostState, resolver: Resolver = symbolic): View {
  const builder = new ViewBuilder();
  for (const [name, namespace] of Object.entries(state.namespaces)) {
    const into = builder.namespace(name);
    if (name !== 'root' && !namespace.external) putItem(into, 'spaces', { name });
    putNamespace(into, namespace, resolver, carriers(state, resolver));
  }
  const carried = carriedBy(state);
  for (const [id, tunnel] of Object.entries(state.tunnels)) {
    putTunnel(builder.namespace(tunnel.bornIn), tunnel, carried.get(id), resolver);
  }
  return builder.view;
}
