import type { Health, HeldState } from '#agent';
import type { Diagnostic } from '#base';
import type { Device, KernelPart } from '#host';
import type { Prefix } from '#ip';
import type { NamespaceView } from '#state';
import type { Firewall } from './firewall/model.ts';

/** What the machine's programs are, and how its packages are installed. */
export interface Programs {
  /** Those of `neededPrograms` and `usefulPrograms` that are there. */
  readonly there: ReadonlySet<string>;
  /** As `wg --version` says it. */
  readonly wg?: string;
  /** Up to the name of the package: `apt-get install -y`. */
  readonly install: string;
  /** Which family of distributions, for names of packages. */
  readonly family: 'debian' | 'fedora' | 'alpine' | 'arch' | 'suse' | 'other';
}

export interface KernelAbilities {
  readonly release: string;
  /** `available`: a module that is not loaded. */
  readonly wireguard: 'there' | 'available' | 'absent';
  /** Whether /dev/net/tun is there, which wireguard-go needs. */
  readonly tun: boolean;
}

/** A network of this machine: what it should be, with the names of devices that it really has. */
export interface OwnNetwork extends HeldState {
  readonly view: NamespaceView;
}

/** The agent of this machine, or why none answers. */
export interface AgentSeen {
  readonly health?: Health;
  readonly silence?: Diagnostic;
  readonly startsAtBoot: boolean;
  /** What makes it start at boot: a command, or a file and what goes into it. */
  readonly bootRemedy: string;
  readonly ownVersion: string;
}

export interface UdpSocket {
  readonly port: number;
  /** `dnsmasq (process 812)`; absent: the kernel's own, or not ours to know. */
  readonly holder?: string;
}

/** A tunnel's device, as the kernel has it. */
export interface TunnelSeen {
  readonly interface: string;
  readonly listenPort: number;
}

/** What is known of the way to a peer, and through the tunnel. */
export interface PeerSeen {
  readonly network: string;
  readonly machine: string;
  readonly name: string;
  readonly interface: string;
  /** As the network says it, and the addresses that its host means; none: it cannot be resolved. */
  readonly endpoint?: string;
  readonly addresses: readonly string[];
  readonly keepalive: number;
  /** Bytes. */
  readonly tunnelMtu: number;
  /** Seconds since the last handshake; absent: never. */
  readonly handshakeAge?: number;
  /** Bytes received and sent; absent where the device or the peer is not there. */
  readonly rx?: number;
  readonly tx?: number;
  /** Device by which WireGuard's own packets to it leave; absent: there is no way. */
  readonly leavesBy?: string;
  /** Whether anything answered through the tunnel; absent: not tried. */
  readonly answers?: boolean;
  /** Whether packets of the tunnel's full size were answered; absent: not tried. */
  readonly fullSize?: boolean;
  /** Largest packet on the way to the endpoint, outside the tunnel, bytes; absent: not known. */
  readonly pathMtu?: number;
}

export interface Peers {
  readonly all: readonly PeerSeen[];
  /** How many were not looked at, since there are so many. */
  readonly left: number;
}

/** A server of a network, or one that a user of this machine is logged in at. */
export interface ServerSeen {
  readonly server: string;
  readonly network?: string;
  /** Why it cannot be reached or trusted. */
  readonly failure?: Diagnostic;
  /** Whether that is because of the times in its certificate. */
  readonly untimely?: boolean;
  /** Seconds that this machine's clock is ahead. */
  readonly ahead?: number;
  /** RFC 3339; of its certificate. */
  readonly validTo?: string;
  /** Our tunnel, if the way to it leads through that. */
  readonly throughTunnel?: string;
}

export interface ResolverSeen {
  readonly servers: readonly {
    readonly address: string;
    readonly answers: boolean;
    /** The tunnel through which it is asked, whoever made that. */
    readonly throughTunnel?: string;
  }[];
  /** A name that the network needs and nobody resolves; absent: none, as far as this user may know. */
  readonly missed?: string;
}

/** A name that the network needs, for what, and whether it can be resolved. */
export interface NameSeen {
  readonly name: string;
  readonly of: string;
  readonly is: boolean;
}

export interface RouteSeen {
  readonly prefix: Prefix;
  readonly device: string;
  readonly table: number;
  readonly metric: number;
  /** Whether an agent of Hawser made it. */
  readonly ours: boolean;
}

/** A line of sysctl.d(5) that sets something of ours to another value. */
export interface SysctlLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface FolderSeen {
  readonly path: string;
  /** Bytes and files for which there is room. */
  readonly freeBytes: number;
  readonly freeFiles: number;
  /** What other users may read or write. */
  readonly open: readonly { readonly path: string; readonly mode: string }[];
}

/** A server that keeps what it has on this machine. */
export interface ServerHere extends FolderSeen {
  readonly startsAtBoot: boolean;
  /** What makes it start at boot. */
  readonly bootRemedy: string;
}

/** A router of segments on this machine. */
export interface RouterSeen {
  readonly network: string;
  readonly namespace: string;
  readonly isThere: boolean;
  /** The machine's end of its way out; none of a router of others. */
  readonly device?: string;
  /** Families of its addresses there in which the machine does not forward what comes in by that, with what would. */
  readonly shut: readonly { readonly family: 4 | 6; readonly key: string }[];
  /** Next hops that do not answer it. */
  readonly silent: readonly string[];
}

/** What segments and routers are made of, as far as the kernel does not have it. */
export interface SegmentKernel {
  readonly lacked: ReadonlySet<KernelPart>;
  /** By what needs it here: networks with segments or routers on this machine. */
  readonly needed: readonly { readonly network: string; readonly parts: ReadonlySet<KernelPart> }[];
}

/** All that the checks look at. What cannot be known is told apart from what is not there. */
export interface Facts {
  readonly programs: Programs;
  readonly kernel: KernelAbilities;
  readonly segmentKernel: SegmentKernel;
  readonly devices: readonly Device[];
  readonly networks: readonly OwnNetwork[];
  readonly agent: AgentSeen;
  readonly tunnels: readonly TunnelSeen[];
  readonly sockets: readonly UdpSocket[];
  readonly firewall: Firewall;
  /** Values by their paths below /proc/sys, of the devices of our networks. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly sysctlLines: readonly SysctlLine[];
  readonly routes: readonly RouteSeen[];
  readonly routers: readonly RouterSeen[];
  readonly peers: Peers;
  readonly servers: readonly ServerSeen[];
  readonly resolver: ResolverSeen;
  readonly names: readonly NameSeen[];
  readonly folder: FolderSeen;
  readonly serverHere: ServerHere;
  readonly now: Date;
}

export type FactName = keyof Facts;
