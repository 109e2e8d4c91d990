import Type, { type Static } from 'typebox';
import { closed } from './closed.ts';
import { DhcpServers } from './dhcp-schema.ts';
import { Lookup } from './lookup-schema.ts';
import { Probes } from './probe-schema.ts';
import {
  Bridge,
  FdbEntry,
  Flood,
  Neighbour,
  Port,
  ProxyEntry,
  Veths,
  Vlan,
  Vxlan,
} from './space-schema.ts';
import { Tables } from './table-schema.ts';

export type { Lookup } from './lookup-schema.ts';
export type * from './space-schema.ts';
export type { Table } from './table-schema.ts';

/**
 * HostState: the whole of what one machine should be in one network, as plain sorted data. It is the
 * contract between what compiles (`#compile`) and what runs on a machine (`#agent`). The agent knows
 * no site and no policy; it accepts unknown fields.
 *
 * Text forms: addresses and prefixes as RFC 5952 / CIDR; endpoints `host:port` or `[v6]:port`; keys
 * base64; times in seconds; MTUs in bytes.
 */

/** The newest HostState format this code writes. */
export const hostStateFormat = 1;

/** A network device by its name, or the one that holds an address (its name is the machine's affair). */
export const DeviceRef = Type.Union([
  Type.String(),
  Type.Object({ holding: Type.String() }, closed),
]);
export type DeviceRef = Static<typeof DeviceRef>;

const facility = <T extends Type.TSchema>(item: T) =>
  Type.Object({ v: Type.Literal(1), items: Type.Array(item) }, closed);

/** Attributes of a device; `wireguard` devices come into being through `tunnels`. */
export const Link = Type.Object(
  { name: Type.String(), kind: Type.Literal('wireguard'), mtu: Type.Integer() },
  closed,
);
export type Link = Static<typeof Link>;

export const AddressItem = Type.Object({ device: DeviceRef, address: Type.String() }, closed);
export type AddressItem = Static<typeof AddressItem>;

/** Where a route leads: a device, or the tunnel by which the one lives that carries this prefix. */
const RouteDevice = Type.Union([DeviceRef, Type.Object({ carrying: Type.String() }, closed)]);

/**
 * A route; table 254 is main (rtnetlink(7)). `unreachable` refuses what no better route takes; it has no
 * device, and is known by its metric (`unreachableMetric`).
 */
export const Route = Type.Object(
  {
    type: Type.Optional(Type.Union([Type.Literal('unicast'), Type.Literal('unreachable')])),
    prefix: Type.String(),
    device: Type.Optional(RouteDevice),
    via: Type.Optional(Type.String()),
    table: Type.Integer(),
    metric: Type.Optional(Type.Integer()),
    mtu: Type.Optional(Type.Integer()),
    source: Type.Optional(Type.String()),
  },
  closed,
);
export type Route = Static<typeof Route>;

/** A policy routing rule: `ip rule add [not] fwmark M lookup TABLE` (ip-rule(8)). */
export const Rule = Type.Object(
  {
    family: Type.Union([Type.Literal(4), Type.Literal(6)]),
    priority: Type.Integer(),
    not: Type.Boolean(),
    fwmark: Type.Integer(),
    table: Type.Integer(),
  },
  closed,
);
export type Rule = Static<typeof Rule>;

/** `key` is dotted as sysctl(8) prints it; `*` in it stands for the device. */
export const Sysctl = Type.Object(
  { key: Type.String(), device: Type.Optional(DeviceRef), value: Type.String() },
  closed,
);
export type Sysctl = Static<typeof Sysctl>;

/** Packets that come in by this device may be forwarded; never the whole machine (law 6). */
export const Forwarding = Type.Object(
  { device: DeviceRef, family: Type.Union([Type.Literal(4), Type.Literal(6)]) },
  closed,
);
export type Forwarding = Static<typeof Forwarding>;

/** One match of an nft rule: `left op right`; a `right` that is a list is an anonymous set. */
export const NftMatch = Type.Object(
  {
    left: Type.String(),
    op: Type.Union([Type.Literal('=='), Type.Literal('!=')]),
    right: Type.Union([Type.String(), Type.Array(Type.String())]),
  },
  closed,
);
export type NftMatch = Static<typeof NftMatch>;

/**
 * `verdict`: accept, drop, return, `jump C`, `goto C`, or `reject with icmpx admin-prohibited`.
 * `vmap`: look `left` up in the verdict map and go where it says. `set`: a mangling statement, such as
 * `tcp option maxseg size set rt mtu`.
 */
export const NftRule = Type.Object(
  {
    match: Type.Array(NftMatch),
    counter: Type.Optional(Type.String()),
    set: Type.Optional(Type.String()),
    vmap: Type.Optional(Type.Object({ left: Type.String(), map: Type.String() }, closed)),
    verdict: Type.Optional(Type.String()),
  },
  closed,
);
export type NftRule = Static<typeof NftRule>;

export const NftChain = Type.Object(
  {
    name: Type.String(),
    hook: Type.Optional(
      Type.Object(
        {
          type: Type.String(),
          hook: Type.String(),
          priority: Type.Integer(),
          policy: Type.String(),
        },
        closed,
      ),
    ),
    rules: Type.Array(NftRule),
  },
  closed,
);
export type NftChain = Static<typeof NftChain>;

/** `type` as in nft: `ipv4_addr`, `inet_proto . inet_service`...; elements sorted and disjoint. */
export const NftSet = Type.Object(
  {
    name: Type.String(),
    type: Type.String(),
    interval: Type.Boolean(),
    elements: Type.Array(Type.String()),
  },
  closed,
);
export type NftSet = Static<typeof NftSet>;

/** A verdict map: pairs of element and verdict. */
export const NftMap = Type.Object(
  {
    name: Type.String(),
    type: Type.String(),
    interval: Type.Boolean(),
    elements: Type.Array(Type.Tuple([Type.String(), Type.String()])),
  },
  closed,
);
export type NftMap = Static<typeof NftMap>;

export const NftTable = Type.Object(
  {
    family: Type.String(),
    name: Type.String(),
    counters: Type.Array(Type.String()),
    sets: Type.Array(NftSet),
    maps: Type.Array(NftMap),
    chains: Type.Array(NftChain),
  },
  closed,
);
export type NftTable = Static<typeof NftTable>;

/** A line of hosts(5): an address, and the names that lead to it, its own name in full first. */
export const NameEntry = Type.Object(
  { address: Type.String(), names: Type.Array(Type.String()) },
  closed,
);
export type NameEntry = Static<typeof NameEntry>;

/**
 * The names that a machine's resolver answers with, and that stand in its /etc/hosts: never, always, or
 * unless it can ask for the names of a zone apart (`splitDns`).
 */
export const Names = Type.Object(
  {
    v: Type.Literal(1),
    hostsFile: Type.Union([Type.Literal('auto'), Type.Literal('always'), Type.Literal('never')]),
    items: Type.Array(NameEntry),
  },
  closed,
);
export type Names = Static<typeof Names>;

/**
 * A resolver for others: answers for its zones with the machine's `names`, and asks `forward` for all
 * other names; without it they are refused.
 */
export const DnsResolver = Type.Object(
  {
    name: Type.String(),
    listen: Type.Array(Type.String()),
    zones: Type.Array(Type.String()),
    forward: Type.Array(Type.String()),
  },
  closed,
);
export type DnsResolver = Static<typeof DnsResolver>;

/**
 * Whom to ask for the names of some domains, and of no others, by a device; where systemd-resolved is.
 * `~` before a domain: bare names are not looked for in it (systemd.network(5), Domains=).
 */
export const SplitDns = Type.Object(
  {
    device: Type.String(),
    servers: Type.Array(Type.String()),
    domains: Type.Array(Type.String()),
    // They answer for all other names as well: of interest to exports, whose readers cannot split.
    forwards: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type SplitDns = Static<typeof SplitDns>;

/** The namespace was made by others, as this router of the file: things are added to it, and it is neither made nor removed. */
export const External = Type.Object({ router: Type.String() }, closed);
export type External = Static<typeof External>;

/** What one network namespace should hold. `root` is the one the agent runs in; it makes the others. */
export const Namespace = Type.Object(
  {
    links: Type.Optional(facility(Link)),
    addresses: Type.Optional(facility(AddressItem)),
    routes: Type.Optional(facility(Route)),
    rules: Type.Optional(facility(Rule)),
    sysctls: Type.Optional(facility(Sysctl)),
    forwarding: Type.Optional(facility(Forwarding)),
    nft: Type.Optional(facility(NftTable)),
    resolvers: Type.Optional(facility(DnsResolver)),
    names: Type.Optional(Names),
    splitDns: Type.Optional(facility(SplitDns)),
    bridges: Type.Optional(facility(Bridge)),
    ports: Type.Optional(facility(Port)),
    vlans: Type.Optional(facility(Vlan)),
    vxlans: Type.Optional(facility(Vxlan)),
    fdb: Type.Optional(facility(FdbEntry)),
    floods: Type.Optional(facility(Flood)),
    neighbours: Type.Optional(facility(Neighbour)),
    proxies: Type.Optional(facility(ProxyEntry)),
    veths: Type.Optional(Veths),
    dhcpServers: Type.Optional(DhcpServers),
    tables: Type.Optional(Tables),
    lookups: Type.Optional(facility(Lookup)),
    external: Type.Optional(facility(External)),
  },
  closed,
);
export type Namespace = Static<typeof Namespace>;

/** A secret by name; its value travels apart and never enters a hash, a diff or a plan. */
export const SecretRef = Type.Object({ id: Type.String(), version: Type.Integer() }, closed);
export type SecretRef = Static<typeof SecretRef>;

/** A WireGuard peer. Its allowed IPs are the prefixes of the bindings it carries. */
export const Peer = Type.Object(
  {
    publicKey: Type.String(),
    endpoint: Type.Optional(Type.String()),
    keepalive: Type.Optional(Type.Integer()),
    presharedKey: Type.Optional(SecretRef),
    /** One that is to follow it: its value is kept until then. */
    nextPresharedKey: Type.Optional(SecretRef),
    /** The network waits for a handshake with this key: the agent says when there was one. */
    watched: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type Peer = Static<typeof Peer>;

/**
 * A WireGuard interface. `bornIn`, the namespace of its socket, never changes; `livesIn`, where its
 * device is, may (wireguard.com/netns). `key.id` names the private key that the machine itself holds.
 */
export const Tunnel = Type.Object(
  {
    interface: Type.String(),
    lane: Type.Integer(),
    bornIn: Type.String(),
    livesIn: Type.String(),
    listenPort: Type.Integer(),
    fwmark: Type.Optional(Type.Integer()),
    key: Type.Object(
      {
        id: Type.String(),
        /** Absent: the machine makes one, unless it has, and says which. */
        publicKey: Type.Optional(Type.String()),
        /** The public key that it must not be any more. */
        replaces: Type.Optional(Type.String()),
      },
      closed,
    ),
    peers: Type.Record(Type.String(), Peer),
  },
  closed,
);
export type Tunnel = Static<typeof Tunnel>;

/**
 * Who may carry these prefixes. Of each tunnel the first candidate (lowest rank) is given them as allowed
 * IPs, so that at any instant a prefix is bound to at most one peer of a tunnel. Which of several lives the
 * agent sees by their handshakes; routes that say so follow it.
 */
export const Binding = Type.Object(
  {
    prefixes: Type.Array(Type.String()),
    candidates: Type.Array(
      Type.Object({ tunnel: Type.String(), peer: Type.String(), rank: Type.Integer() }, closed),
    ),
    sticky: Type.Boolean(),
  },
  closed,
);
export type Binding = Static<typeof Binding>;

/**
 * A service that the machine looks at, every so many seconds, each time for so many at most. `http` has a `url`, and the
 * status that it should answer with, any of 200 to 299 if none is said; the others have a host and a port, of `pyro` those of
 * its name server.
 */
export const Monitor = Type.Object(
  {
    type: Type.Union([Type.Literal('tcp'), Type.Literal('http'), Type.Literal('pyro')]),
    host: Type.Optional(Type.String()),
    port: Type.Optional(Type.Integer()),
    url: Type.Optional(Type.String()),
    expect: Type.Optional(Type.Integer()),
    every: Type.Integer(),
    timeout: Type.Integer(),
  },
  closed,
);
export type Monitor = Static<typeof Monitor>;

export const HostState = Type.Object(
  {
    format: Type.Literal(hostStateFormat),
    network: Type.String(),
    machine: Type.String(),
    epoch: Type.String(),
    rev: Type.Integer(),
    namespaces: Type.Record(Type.String(), Namespace),
    tunnels: Type.Record(Type.String(), Tunnel),
    bindings: Type.Array(Binding),
    processes: Type.Record(Type.String(), Type.Unknown()),
    tables: Type.Record(Type.String(), Type.Unknown()),
    /** What the machine looks at for the network; no part of what it is. */
    monitors: Type.Optional(Type.Record(Type.String(), Monitor)),
    /** The same of its tunnels. */
    probes: Type.Optional(Probes),
  },
  closed,
);
export type HostState = Static<typeof HostState>;
