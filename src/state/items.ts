/**
 * What a machine has or should have, as keyed items. Every item is flat plain data with its defaults
 * filled in, so that two of them are equal when they say the same.
 */

/** A WireGuard interface in the namespace of its birth, and its peers there; `id` is its name. */
export interface TunnelItem {
  readonly interface: string;
  readonly bornIn: string;
  /** The namespace of its device; absent: that of its birth. */
  readonly livesIn?: string;
  readonly listenPort: number;
  /** 0: off. */
  readonly fwmark: number;
  /** Empty where nobody knows it yet. */
  readonly publicKey: string;
}

export interface LinkItem {
  readonly name: string;
  readonly mtu: number;
  readonly up: boolean;
}

export interface PeerItem {
  readonly interface: string;
  readonly publicKey: string;
  readonly endpoint?: string;
  /** Seconds; 0: off. */
  readonly keepalive: number;
  /** The secret `id@version`; `unknown` for one that no wished secret equals. */
  readonly presharedKey?: string;
  /** Sorted. */
  readonly allowedIps: readonly string[];
  /** The machine's name, for people: no part of what is compared. */
  readonly label?: string;
}

export interface DeviceAddress {
  readonly device: string;
  /** With its prefix length. */
  readonly address: string;
}

export interface RouteItem {
  /** Absent: unicast. */
  readonly type?: 'unreachable';
  readonly prefix: string;
  readonly table: number;
  /** 0 for IPv4 and 1024 for IPv6 unless said, as the kernel has it. */
  readonly metric: number;
  /** Empty for one that is unreachable. */
  readonly device: string;
  readonly via?: string;
  readonly mtu?: number;
  readonly source?: string;
}

export interface RuleItem {
  readonly family: 4 | 6;
  readonly priority: number;
  readonly not: boolean;
  readonly fwmark: number;
  readonly table: number;
}

export interface SysctlItem {
  /** Below /proc/sys. */
  readonly path: string;
  readonly value: string;
  /** What it was before us, for people: no part of what is compared. */
  readonly previous?: string;
}

/** Packets of the family that come in by the device are forwarded. */
export interface ForwardingItem {
  readonly device: string;
  readonly family: 4 | 6;
}

interface InTable {
  readonly family: string;
  readonly table: string;
}

export interface NftTableItem {
  readonly family: string;
  readonly name: string;
}

export interface NftCounterItem extends InTable {
  readonly name: string;
}

export interface NftChainItem extends InTable {
  readonly name: string;
  /** `type filter hook forward priority 0; policy accept;`, absent for a chain that is jumped to. */
  readonly hook?: string;
  /** As nft reads them. */
  readonly rules: readonly string[];
}

export interface NftSetItem extends InTable {
  readonly name: string;
  readonly map: boolean;
  readonly type: string;
  readonly interval: boolean;
}

export interface NftElementItem extends InTable {
  readonly set: string;
  /** In canonical form: bare address, prefix, range, or concatenation. */
  readonly element: string;
  /** Of a verdict map. */
  readonly verdict?: string;
}

/** A name that the machine finds in its /etc/hosts, or that its resolver answers with. */
export interface NameItem {
  readonly place: 'hosts file' | 'resolver';
  readonly address: string;
  /** The name in full first. */
  readonly names: readonly string[];
}

export interface ResolverItem {
  readonly name: string;
  readonly listen: readonly string[];
  readonly zones: readonly string[];
  /** Empty: other names are refused. */
  readonly forward: readonly string[];
}

export interface SplitDnsItem {
  readonly device: string;
  readonly servers: readonly string[];
  readonly domains: readonly string[];
  /** In plans, where an export says it. */
  readonly forwards?: boolean;
}

/** A network namespace of ours. */
export interface SpaceItem {
  readonly name: string;
}

export interface BridgeItem {
  readonly name: string;
  /** Absent: whichever the machine gives it. */
  readonly mac?: string;
  readonly up: boolean;
  /** Whether it passes on frames as they come: no spanning tree, no snooping, no tags of its own. */
  readonly plain: boolean;
}

export interface PortItem {
  readonly device: string;
  /** Empty where it is on none. */
  readonly bridge: string;
  readonly up: boolean;
}

export interface VlanItem {
  readonly name: string;
  /** The device of the agent's own namespace that carries it; empty where that is none. */
  readonly parent: string;
  /** 802.1Q. */
  readonly tag: number;
  /** Empty where it is on none. */
  readonly bridge: string;
  readonly up: boolean;
}

export interface VxlanItem {
  readonly name: string;
  /** Empty where it is on none. */
  readonly bridge: string;
  readonly vni: number;
  readonly port: number;
  readonly local: string;
  readonly up: boolean;
  /** It learns nothing, its bridge answers for those behind it, and it floods all or nothing. */
  readonly sealed: boolean;
  /** What is for all, and to whom nobody knows. */
  readonly floods: boolean;
}

export interface FdbItem {
  readonly device: string;
  readonly mac: string;
  /** Empty where only one of its two entries is there. */
  readonly to: string;
}

/** Where a VXLAN device sends what is for all. */
export interface FloodItem {
  readonly device: string;
  readonly to: string;
}

export interface NeighbourItem {
  readonly device: string;
  readonly address: string;
  readonly mac: string;
}

/** The device answers for the address with its own MAC address. */
export interface ProxyItem {
  readonly device: string;
  readonly address: string;
}

/** A pair of devices; the far end's namespace, name and what it is there. */
export interface VethItem {
  readonly name: string;
  readonly mac: string;
  /** Empty where the other end is nowhere. */
  readonly namespace: string;
  readonly peer: string;
  /** Empty where it is on none. */
  readonly bridge: string;
  /** Of the other end, sorted. */
  readonly addresses: readonly string[];
  /** The bridge that this end is on; empty: none. */
  readonly on: string;
  /** Of the other end; empty: whatever it has. */
  readonly peerMac: string;
  /** Of the other end; 0: whatever it has. */
  readonly mtu: number;
  readonly up: boolean;
}

export interface DhcpServerItem {
  readonly device: string;
  /** `first-last/length` each. */
  readonly pools: readonly string[];
  readonly routers: readonly string[];
  readonly dns: readonly string[];
  /** 0: whichever their device has. */
  readonly mtu: number;
  /** Empty: it answers for no names. */
  readonly zones: readonly string[];
  readonly forward: readonly string[];
  /** `mac address name` each. */
  readonly hosts: readonly string[];
}

export interface ItemTypes {
  tunnels: TunnelItem;
  links: LinkItem;
  peers: PeerItem;
  addresses: DeviceAddress;
  routes: RouteItem;
  rules: RuleItem;
  sysctls: SysctlItem;
  forwarding: ForwardingItem;
  'nft-tables': NftTableItem;
  'nft-counters': NftCounterItem;
  'nft-chains': NftChainItem;
  'nft-sets': NftSetItem;
  'nft-elements': NftElementItem;
  resolvers: ResolverItem;
  names: NameItem;
  'split-dns': SplitDnsItem;
  spaces: SpaceItem;
  bridges: BridgeItem;
  vxlans: VxlanItem;
  ports: PortItem;
  vlans: VlanItem;
  fdb: FdbItem;
  floods: FloodItem;
  neighbours: NeighbourItem;
  proxies: ProxyItem;
  veths: VethItem;
  'dhcp-servers': DhcpServerItem;
}

export type Facility = keyof ItemTypes;

/** All facilities, in the order in which changes are told. */
export const facilities = [
  'spaces',
  'nft-tables',
  'nft-counters',
  'nft-chains',
  'nft-sets',
  'nft-elements',
  'tunnels',
  'veths',
  'links',
  'peers',
  'addresses',
  'routes',
  'rules',
  'sysctls',
  'forwarding',
  'resolvers',
  'names',
  'split-dns',
  'bridges',
  'vxlans',
  'ports',
  'vlans',
  'fdb',
  'floods',
  'neighbours',
  'proxies',
  'dhcp-servers',
] as const satisfies readonly Facility[];

type IdOf = { readonly [F in Facility]: (item: ItemTypes[F]) => string };

/** What makes two items the same thing, perhaps in another state. */
export const idOf: IdOf = {
  tunnels: (item) => item.interface,
  links: (item) => item.name,
  peers: (item) => `${item.interface} ${item.publicKey}`,
  addresses: (item) => `${item.device} ${item.address}`,
  routes: (item) => `${item.prefix} table ${item.table} metric ${item.metric}`,
  rules: (item) =>
    `${item.priority} inet${item.family} ${item.not ? 'not ' : ''}fwmark ${item.fwmark} lookup ${item.table}`,
  sysctls: (item) => item.path,
  forwarding: (item) => `${item.device} inet${item.family}`,
  'nft-tables': (item) => `${item.family} ${item.name}`,
  'nft-counters': (item) => `${item.family} ${item.table} ${item.name}`,
  'nft-chains': (item) => `${item.family} ${item.table} ${item.name}`,
  'nft-sets': (item) => `${item.family} ${item.table} ${item.name}`,
  'nft-elements': (item) => `${item.family} ${item.table} ${item.set} ${item.element}`,
  resolvers: (item) => item.name,
  names: (item) => `${item.place} ${item.address}`,
  'split-dns': (item) => item.device,
  spaces: (item) => item.name,
  bridges: (item) => item.name,
  vxlans: (item) => item.name,
  ports: (item) => item.device,
  vlans: (item) => item.name,
  fdb: (item) => `${item.device} ${item.mac}`,
  floods: (item) => `${item.device} ${item.to}`,
  neighbours: (item) => `${item.device} ${item.address}`,
  proxies: (item) => `${item.device} ${item.address}`,
  veths: (item) => item.name,
  'dhcp-servers': (item) => item.device,
};
