import type { Place } from '#base';
import type { Endpoint, Prefix } from '#ip';
import type { InterfaceAddress } from '#wireguard';

/** One file of those a person has today. */
export interface ImportFile {
  readonly file: string;
  readonly text: string;
}

/** Something that is not in the new file, and why. */
export interface Left {
  readonly what: string;
  readonly why: string;
  readonly place?: Place;
}

/** What a machine's configuration says of the machine itself. */
export interface Own {
  readonly place: Place;
  /** How it may be called: DNS labels, the best first. */
  readonly names: readonly string[];
  /** The same, by its path only. */
  readonly pathNames: readonly string[];
  /** How the whole network is called. */
  readonly network?: string;
  readonly key?: string;
  readonly addresses: readonly InterfaceAddress[];
  readonly endpoint?: Endpoint;
  readonly listenPort?: number;
  readonly interface?: string;
}

/** What it says of one of its peers. */
export interface View {
  readonly place: Place;
  readonly names: readonly string[];
  readonly key?: string;
  readonly endpoint?: Endpoint;
  readonly allowed: readonly Prefix[];
  /** Of its allowed IPs. */
  readonly allowedAt: Place;
  /** Seconds, from the machine towards the peer. */
  readonly keepalive?: number;
  /** Seconds, from the peer towards the machine. */
  readonly itsKeepalive?: number;
  /** Whether the tunnel has a preshared key, where that is said. */
  readonly isPreshared?: boolean;
}

/** One configuration, seen from the machine it is of. */
export interface Source {
  readonly own: Own;
  readonly peers: readonly View[];
}

/** What was read of all files, in whatever format they are. */
export interface Sources {
  readonly sources: readonly Source[];
  /** Names by public key, from files that hold nothing else. */
  readonly names: ReadonlyMap<string, string>;
  readonly left: readonly Left[];
}
