import type { Place } from '#base';
import type { Address, AddressRange, Family, Prefix } from '#ip';

/**
 * The frozen result of reading the file: every range expanded, every default filled in, every
 * reference known to exist. Sites, members, hosts and groups are sorted by name, so that a shuffled
 * file gives the same Network; gateways, nodes, policy and tests keep the file's order, which means
 * something.
 */

/** Where something was written: the thing itself, and those of its fields that the file names. */
export interface Located {
  readonly place: Place;
  readonly fields: Readonly<Record<string, Place>>;
}

/** An address or prefix as its own site sees it, and as all others do (equal until 1:1 NAT exists). */
export interface Presented<T> {
  readonly local: T;
  readonly presented: T;
}

export interface Endpoint {
  /** An IPv4 or IPv6 address without brackets, or a DNS name. */
  readonly host: string;
  /** Set when `host` is an address. */
  readonly address?: Address;
  readonly port: number;
}

/** How the lab (and the world) translates what leaves a site or member that has no endpoint. */
export type Nat = 'port-preserving' | 'symmetric' | 'cgnat';

/** How ssh reaches a machine; of what is absent, its own configuration decides. */
export interface Ssh {
  readonly user?: string;
  readonly port?: number;
  /** An address without brackets, or a name. */
  readonly host?: string;
  /** What to jump over: a machine of the network by its name, else `[user@]host[:port]`. */
  readonly via?: string;
  /** File of a private key, where ssh runs. */
  readonly identity?: string;
}

/** A machine that runs WireGuard. */
export interface Machine extends Located {
  readonly name: string;
  readonly kind: 'gateway' | 'node' | 'member';
  /** Of gateways and nodes. */
  readonly site?: string;
  /** Of members: the site they are attached to and go through; absent: they take part in the topology. */
  readonly hub?: string;
  readonly endpoint?: Endpoint;
  /** UDP port of the WireGuard socket. */
  readonly listenPort: number;
  readonly interface: string;
  /** Seconds between keepalives towards its peers; 0 where it has an endpoint and says nothing itself. */
  readonly keepalive: number;
  /** Addresses on the site's own network, one per family at most; empty for members. */
  readonly addresses: readonly Presented<Address>[];
  /** Overlay addresses the file gives, one per overlay prefix at most; the ledger gives the rest. */
  readonly overlay: readonly Address[];
  /** Of nodes: the pod ranges that live on it. */
  readonly pods: readonly Prefix[];
  /** Of gateways: names of the bridge ports on which machines of segments are, `*` at the end for any; sorted. */
  readonly taps: readonly string[];
  /** False: nothing of ours runs there; its configuration is exported. */
  readonly managed: boolean;
  /** Of unmanaged members: what goes into the tunnel, instead of the overlay and all subnets. */
  readonly allowedIps?: readonly Prefix[];
  /** The public key, where the file gives it. */
  readonly publicKey?: string;
  readonly tags: readonly string[];
  /** Of members: when it is cut off, RFC 3339 in UTC with milliseconds. */
  readonly expires?: string;
  /** Of members: whose it is; several may be one person's. */
  readonly person?: string;
  /** A former name, whose key, address and history it keeps. */
  readonly was?: string;
  /** MTU of the machine's own network towards the internet, where the file gives it. */
  readonly mtu?: number;
  readonly nat: Nat;
  readonly ssh: Ssh;
}

/** A machine behind a gateway that runs no WireGuard of its own. */
export interface Host extends Located {
  readonly name: string;
  readonly site: string;
  readonly addresses: readonly Presented<Address>[];
  /** Who sets its routes to the other sites. */
  readonly routes: 'agent' | 'cloud' | 'manual';
  readonly tags: readonly string[];
  readonly was?: string;
  readonly ssh: Ssh;
}

/** What lies behind a gateway and answers `ping`: a host of the file, or an address. */
export interface ProbeTarget extends Pick<Located, 'place'> {
  readonly name: string;
  readonly address: Presented<Address>;
}

export interface Site extends Located {
  readonly name: string;
  readonly subnets: readonly Presented<Prefix>[];
  /** MTU of the site's network, where the file gives it. */
  readonly mtu?: number;
  readonly nat: Nat;
  /** The first carries the site's subnets. A site has gateways or nodes, not both. */
  readonly gateways: readonly Machine[];
  readonly nodes: readonly Machine[];
  readonly hosts: readonly Host[];
  /** Asked whether packets come back through the gateway; none: some of the hosts are. */
  readonly probe: readonly ProbeTarget[];
  readonly tags: readonly string[];
}

/** Sites and members named in a topology are units of it. */
export type Topology =
  | { readonly kind: 'mesh' }
  | { readonly kind: 'hub'; readonly hubs: readonly string[] }
  | {
      readonly kind: 'links';
      readonly links: readonly {
        readonly ends: readonly [string, string];
        readonly place: Place;
      }[];
    };

export type Selector =
  | { readonly kind: 'all' }
  | { readonly kind: 'machine'; readonly name: string }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'tag'; readonly name: string }
  | { readonly kind: 'site'; readonly name: string }
  | { readonly kind: 'segment'; readonly name: string }
  | { readonly kind: 'prefix'; readonly prefix: Prefix };

/** A transport port range, or all of ICMP and ICMPv6. */
export type Port =
  | { readonly protocol: 'tcp' | 'udp'; readonly first: number; readonly last: number }
  | { readonly protocol: 'icmp' };

export interface Group extends Located {
  readonly name: string;
  readonly selectors: readonly Selector[];
}

export interface PolicyRule extends Located {
  /** The name the file gives, else one made from what the rule says, so that its counter keeps its name. */
  readonly id: string;
  readonly from: readonly Selector[];
  readonly to: readonly Selector[];
  /** Absent: everything. */
  readonly ports?: readonly Port[];
}

export interface PolicyTest extends Located {
  readonly from: string;
  /** A machine or host name, an address, or a name outside. */
  readonly to: string;
  /** Absent: ICMP echo. */
  readonly port?: Port;
  readonly expect: 'allow' | 'deny';
  /** The source address that it is to have at the end of its way. */
  readonly as?: Address;
  /** It is about everything outside but this. */
  readonly outside?: { readonly prefixes: readonly Prefix[]; readonly hosts: readonly string[] };
}

/** One more name in the zone. */
export interface DnsRecord extends Located {
  /** Below the zone. */
  readonly name: string;
  readonly addresses: readonly Address[];
  /** Machines and hosts whose addresses it has besides. */
  readonly machines: readonly string[];
}

/** How the machines find each other by name. */
export interface Dns extends Located {
  readonly zone: string;
  /** Whether names stand in /etc/hosts; auto: where nothing asks for the zone's names alone. */
  readonly hostsFile: 'auto' | 'always' | 'never';
  /** Whom our resolvers ask for all other names; empty: nobody. */
  readonly forward: readonly Address[];
  /** Sorted by name. */
  readonly records: readonly DnsRecord[];
}

/** Who answers DHCP at a site of a segment, and from where. */
export interface Dhcp {
  readonly by: 'hawser' | 'cloud' | 'none';
  /** One per family at most. */
  readonly addresses: readonly Address[];
  /** Whom one of ours asks for the names of others, in the order of the file. Empty: it refuses them. */
  readonly forward: readonly Address[];
}

/** Where a segment meets one site, or one member. */
export interface SegmentSite extends Located {
  /** A member that joins alone is a site of its own, by its name. */
  readonly site: string;
  /** The addresses of the machines there, sorted and disjoint. */
  readonly pools: readonly AddressRange[];
  /** The device of the gateway on which those machines are; empty: there are none but the member itself. */
  readonly port: string;
  /** Their 802.1Q tag on that port. */
  readonly vlan?: number;
  /**
   * Whether frames of other sites come out of that port as they are, or all from the gateway's own address; or the machine
   * is alone.
   */
  readonly mode: 'bridge' | 'proxy' | 'alone';
  readonly dhcp: Dhcp;
}

/** A machine of a segment. */
export interface Station extends Located {
  readonly name: string;
  readonly site: string;
  /** One per family at most. */
  readonly addresses: readonly Address[];
  /** The file says no address: it has what it is given of the pools of its site, nothing in a network that was just read. */
  readonly isGiven: boolean;
  /** In lower case. */
  readonly mac: string;
  /** Networks behind it, outside the segment; sorted. */
  readonly allow: readonly Prefix[];
  readonly tags: readonly string[];
}

/** One layer-2 network across sites. */
export interface Segment extends Located {
  readonly name: string;
  /** VXLAN network identifier (RFC 7348). */
  readonly vni: number;
  /** One per family at most, sorted. */
  readonly subnets: readonly Prefix[];
  readonly routers: readonly Address[];
  /** Whom its machines are told to ask for names, by those of our DHCP servers. */
  readonly dns: readonly Address[];
  /** Whether what is for all crosses from site to site, and what is for machines that nobody knows. */
  readonly flood: boolean;
  /** Sorted by site. */
  readonly sites: readonly SegmentSite[];
  /** Sorted by name. */
  readonly stations: readonly Station[];
}

/** A service, and who looks at it. */
export interface Monitor extends Located {
  readonly name: string;
  readonly type: 'tcp' | 'http' | 'pyro';
  /** Of tcp a machine or host of the network too; of pyro that of the name server. */
  readonly host?: string;
  readonly port?: number;
  readonly url?: string;
  /** HTTP status; absent: any of 200 to 299. */
  readonly expect?: number;
  /** Seconds between looks, and that an answer may take. */
  readonly every: number;
  readonly timeout: number;
  /** The machine that looks. */
  readonly from: string;
}

/** Both ends of what leads out of a router, in one family. */
export interface Uplink {
  readonly address: Address;
  readonly network: Prefix;
  /** The other end, which the gateway takes itself. */
  readonly via: Address;
}

/** What may leave a router. */
export interface Egress extends Located {
  /** As the file has it: its counter is called after it. */
  readonly text: string;
  /** A range, or the name of whoever is reached; without either everything that is not of the network. */
  readonly to?: Prefix;
  readonly host?: string;
  /** Empty: all. */
  readonly ports: readonly Port[];
}

/** What may come in: a port of the router's address outside, and where it leads. */
export interface Forward extends Located {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly to: Address;
  readonly target: number;
}

/** A router of segments, on the first gateway of its site. */
export interface Router extends Located {
  readonly name: string;
  readonly site: string;
  /** Sorted names. */
  readonly segments: readonly string[];
  /** The namespace that is there already, and is not ours; it has ways out of its own. */
  readonly external?: string;
  /** The tunnel of its gateway lives in it. */
  readonly tunnel: boolean;
  /** One per family at most, sorted; none of one that is external. */
  readonly uplink: readonly Uplink[];
  /** Those by which something may leave. */
  readonly families: readonly Family[];
  /** In the order of the file. */
  readonly egress: readonly Egress[];
  readonly snat: boolean;
  readonly forwards: readonly Forward[];
}

export interface Network extends Located {
  readonly version: 1;
  readonly name: string;
  readonly overlay: readonly Prefix[];
  readonly topology: Topology;
  readonly sites: readonly Site[];
  readonly members: readonly Machine[];
  /** Sorted by name. */
  readonly segments: readonly Segment[];
  /** Sorted by name. */
  readonly routers: readonly Router[];
  /** Absent: no names. */
  readonly dns?: Dns;
  readonly groups: readonly Group[];
  /** Absent: everything inside the network may talk. Present: default deny. */
  readonly policy?: readonly PolicyRule[];
  readonly tests: readonly PolicyTest[];
  /** Sorted by name. */
  readonly monitors: readonly Monitor[];
  /** A page without login, and its port where it comes without TLS; absent: there is none. */
  readonly statusPage?: { readonly port: number };
  /** How many people a change needs. */
  readonly approvals: 1 | 2;
}
