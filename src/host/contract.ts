import type { Diagnostic, Secret } from '#base';
import type { Change, TunnelItem, View } from '#state';
import type { Existing } from './adoption/existing.ts';
import type { Device, Devices } from './devices.ts';

/** What a machine should be in one network, with what only the machine itself knows. */
export interface Wish {
  readonly network: string;
  readonly view: View;
  /** File with the private key of a tunnel, mode 0600. */
  readonly keyFile: (tunnel: TunnelItem) => string;
  /** The value of a preshared key, by `id@version`. */
  readonly secret: (reference: string) => Secret | undefined;
  /** Endpoints we set ourselves, by namespace and peer id (`endpointKey`): others are roamed. */
  readonly endpoints: ReadonlyMap<string, string>;
  /** Also look for what only a crash or a lost store leaves behind. */
  readonly thorough?: boolean;
}

export const endpointKey = (namespace: string, peer: string): string => `${namespace} ${peer}`;

/** A change that was not made. */
export interface Failure {
  readonly change: Change;
  readonly error: Diagnostic;
}

/** An address that machines on the port find at a MAC address from now on. */
export interface Announcement {
  /** By which they hear it. */
  readonly device: string;
  readonly address: string;
  /** Absent: that of the device. */
  readonly mac?: string;
  /** It is the machine's own, which is beside them: frames to it are not for us. */
  readonly isNear?: boolean;
}

export type Backend = 'kernel' | 'wireguard-go';

/**
 * One machine, as far as one network owns it. All facilities of all namespaces; implementations are
 * the real Linux and a fake that is a state machine, held together by one compliance suite.
 */
export interface Host {
  /** All devices there are, by namespace: for names that a state leaves to the machine. */
  devices(namespaces: Iterable<string>): Promise<ReadonlyMap<string, Devices>>;
  /** Names of the network namespaces there are that may be of one of our networks. */
  spaces(): Promise<readonly string[]>;
  /**
   * What is there of this network, foreign things left out. An endpoint that a healthy peer roamed to
   * is told as the wished one.
   */
  observe(wish: Wish, devices: ReadonlyMap<string, Devices>): Promise<Observation>;
  /** Makes changes to elements of a namespace of ours (fdb, neighbours, routes, proxies, nft sets), without a look at it. */
  amend(
    network: string,
    namespace: string,
    changes: readonly Change[],
  ): Promise<readonly Failure[]>;
  /** Tells machines on the ports of a namespace of ours where others are found from now on, as far as one can. */
  announce(namespace: string, all: readonly Announcement[]): Promise<void>;
  /** Names of all networks that own something here. */
  networks(): Promise<readonly string[]>;
  /** A tunnel as it is, whoever made it; undefined where the device is none of WireGuard's. */
  existing(device: Device): Promise<Existing | undefined>;
  /**
   * Makes a device of WireGuard that is there a network's own, as it is: nothing but its mark is set. It
   * stays when the network goes, with the mark alone taken away (law 6).
   */
  adopt(network: string, device: Device): Promise<void>;
  /** Gives a device back that was adopted, with routes of others where ours have taken their places. */
  release(network: string, device: Device, was?: Pick<Existing, 'alias' | 'routes'>): Promise<void>;
  /** How many processes and kernel files wrote so far. */
  writes(): number;
  /** Whether names of some domains can be asked for apart here (systemd-resolved). */
  splitsDns(): boolean;
  /**
   * Whether bridges track connections themselves here, since no br_netfilter shows to IP what is bridged. Asked only
   * where something depends on it.
   */
  tracksBridged(): Promise<boolean>;
  /**
   * Whether what the kernel tells nobody of is as it was at the last look: helpers that run, files that
   * others write. Cheap.
   */
  holds(): boolean;
}

/** One look at a machine, and what can be done from there. */
export interface Observation {
  readonly view: View;
  readonly backends: Readonly<Record<string, Backend>>;
  /** What a person should know of the machine that is no reason to stop. */
  readonly notes: readonly Diagnostic[];
  /** What forbids the changes: names, ports, routes and tables that belong to others. Writes nothing. */
  collisions(changes: readonly Change[]): Promise<readonly Diagnostic[]>;
  /**
   * Makes the changes, filters first and routes last, on removal the reverse. Never stops at a failure;
   * what could not be done is told.
   */
  apply(changes: readonly Change[]): Promise<readonly Failure[]>;
}
