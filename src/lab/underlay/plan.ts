import type { Address } from '#ip';

/**
 * The underlay as data: namespaces, the cables between them, addresses, routes and NATs. The namespace
 * called `internet` is the lab's own; it routes between public addresses and knows no other.
 */

export const internet = 'internet';

/** One end of a veth pair. */
export interface End {
  readonly namespace: string;
  readonly device: string;
}

export interface Cable {
  readonly ends: readonly [End, End];
  /** Bytes. */
  readonly mtu: number;
}

export interface Bridge {
  readonly device: string;
  readonly ports: readonly string[];
  readonly mtu: number;
}

/** A device for the frames of a port that have a tag (802.1Q). */
export interface Vlan {
  readonly device: string;
  readonly parent: string;
  readonly tag: number;
}

export interface Interface {
  readonly device: string;
  /** Where the file gives it. */
  readonly mac?: string;
  /** With prefix length. */
  readonly addresses: readonly string[];
}

export interface UnderlayRoute {
  readonly prefix: string;
  readonly via?: string;
  readonly device: string;
}

export interface NetNs {
  readonly name: string;
  readonly forwards: boolean;
  readonly vlans: readonly Vlan[];
  readonly bridges: readonly Bridge[];
  readonly interfaces: readonly Interface[];
  readonly routes: readonly UnderlayRoute[];
  /** A ruleset for `nft -f`, empty where nothing is translated or filtered. */
  readonly nft: string;
}

/** Where a station's packets can be stopped: where they are seen with which address. */
export interface Edge {
  readonly namespace: string;
  /** The station's addresses as that namespace sees them. */
  readonly inner: readonly Address[];
  /** Public addresses the rest of the world sees it by. */
  readonly publics: readonly Address[];
}

/** Begins the names of namespaces that stand for routers of others: what follows is how machines know them. */
export const externalPrefix = 'external.';

/** Somebody outside that a router may lead to, or not. */
export interface Target {
  readonly name: string;
  readonly address: Address;
}

/** A namespace in which a process of the lab lives, listens and probes. */
export interface Station {
  readonly name: string;
  readonly kind:
    | 'gateway'
    | 'node'
    | 'member'
    | 'host'
    | 'pod'
    | 'segment'
    // The DHCP server of a cloud: no machine of the network.
    | 'dhcp'
    | 'outside'
    | 'server';
  /** The site, or the machine itself where it belongs to none. */
  readonly unit: string;
  /** Of pods: the node behind which it lives; of machines of a segment, and what is outside: the gateway. */
  readonly node?: string;
  /** Of a machine of a segment, and of the DHCP server of a cloud in it. */
  readonly segment?: string;
  /** Whether it asks its site's DHCP server for its address of IPv4. */
  readonly asks?: true;
  /** Of what is outside: the router that leads there, and who is there. */
  readonly router?: string;
  readonly targets?: readonly Target[];
  readonly device: string;
  readonly mtu: number;
  /** What it answers on, besides overlay addresses. */
  readonly addresses: readonly Address[];
  readonly edge: Edge;
}

/** The cable by which a site or member reaches the internet. */
export interface Uplink {
  readonly unit: string;
  /** The device on the internet's side. */
  readonly device: string;
}

/**
 * The end that a gateway has on its site's network, where its tunnel may live in a router of others: it is there with the tunnel.
 * Its cable is laid to `home`, the gateway's own namespace.
 */
export interface Plug {
  readonly device: string;
  readonly home: string;
  /** Those in which it may be. */
  readonly router: string;
  readonly isInRouter: boolean;
  readonly addresses: readonly string[];
  /** Of the router, which has no other way out. */
  readonly routes: readonly UnderlayRoute[];
}

export interface Underlay {
  readonly namespaces: readonly NetNs[];
  readonly cables: readonly Cable[];
  readonly stations: readonly Station[];
  readonly plugs: readonly Plug[];
  readonly uplinks: readonly Uplink[];
  /** Public addresses of whom the file calls by a DNS name: endpoints, and those on the lists of routers. */
  readonly names: Readonly<Record<string, readonly string[]>>;
}
