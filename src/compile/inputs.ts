import type { Network } from '#spec';

/** Public keys of one machine by lane (`'0'`, and others while there are parallel tunnels). */
export type MachineKeys = Readonly<Record<string, string>>;

/**
 * How far a machine's change of key is, in order; docs/decisions/022. prepare: a second tunnel beside that
 * of every partner, silent. detour: it is proven by handshakes. moved: routes go by it. rekey: the first
 * tunnel, idle now, gets its new key, or one beside it does. prove: and proves it. back: routes return.
 * linger: the detour stays for a while. files: the old key stays for those who have it in a file.
 * undo: the old key is proven once more. return: routes return although no key was changed. now: the key is
 * changed in place.
 */
export const rotationPhases = [
  'prepare',
  'detour',
  'moved',
  'rekey',
  'prove',
  'back',
  'linger',
  'files',
  'undo',
  'return',
  'now',
] as const;
export type RotationPhase = (typeof rotationPhases)[number];

/** One machine of the network gets another key. */
export interface Rotation {
  readonly machine: string;
  readonly phase: RotationPhase;
  /** When the phase began, RFC 3339. */
  readonly since: string;
  /** Peers of the machine that take the detour, sorted. */
  readonly partners: readonly string[];
  /** Who has reached the phase, sorted. */
  readonly reached: readonly string[];
  /** Partners that nobody waits for, sorted. */
  readonly without: readonly string[];
  /**
   * Machines that have the old key in a file, sorted: it stays beside the new one until they have another.
   * Absent: nobody has.
   */
  readonly files?: readonly string[];
  /** The public key that goes; known from `rekey`, or `now`, on. */
  readonly retired?: string;
  /** UDP port of the detour where the one after the machine's own will not do. */
  readonly port?: number;
  /** Seconds that the detour stays when nobody takes it any more. */
  readonly linger: number;
}

/** What was given out, so that it stays given: names to overlay addresses, and what may not be reused yet. */
export interface Ledger {
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** Addresses of machines that are gone, with the revision that last named them. */
  readonly tombstones: Readonly<Record<string, number>>;
}

/** What machines and the world report; never revisioned. */
export interface Observations {
  /** MTU of the path from a machine towards the internet, in bytes. */
  readonly mtu: Readonly<Record<string, number>>;
  /** Public endpoints seen, `host:port`. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Which cloud a machine is an instance of, as it said when it joined: `openstack`. Absent: none said any. */
  readonly clouds?: Readonly<Record<string, string>>;
}

/** Machines from sources other than the file (joins, Kubernetes, Neutron); none yet. */
export interface Inventory {
  readonly machines: readonly never[];
}

/** Why and since when (RFC 3339) a machine is cut off. */
export interface Revocation {
  readonly why: 'revoked' | 'expired';
  readonly at: string;
}

/** The four inputs that live in `hawser.facts.json` when there is no server. */
export interface Facts {
  readonly inventory: Inventory;
  readonly ledger: Ledger;
  readonly keys: Readonly<Record<string, MachineKeys>>;
  readonly observations: Observations;
  /**
   * Pairs of public keys (`adoptedPair`) whose tunnel was made by hand: whether it has a preshared key,
   * which only its two ends know. Absent: there are none.
   */
  readonly adopted?: Readonly<Record<string, boolean>>;
  readonly rotation?: Rotation;
  /** Lanes of machines whose usual tunnel is not lane 0. */
  readonly homes?: Readonly<Record<string, number>>;
  readonly preshared?: PresharedChange;
  /** Machines of the file that are cut off: no peers, and in nobody's peers. Absent: none is. */
  readonly revoked?: Readonly<Record<string, Revocation>>;
}

/** The network's preshared keys give way to those of a newer secret, pair by pair. */
export interface PresharedChange {
  /** Version of the secret that pairs have until both their ends have the newest; 0: none. */
  readonly from: number;
  /** Machines that have their keys of the newest, sorted. */
  readonly have: readonly string[];
}

export interface Inputs extends Facts {
  readonly network: Network;
  /** Names the revision the states belong to. */
  readonly epoch: string;
  readonly rev: number;
  /**
   * Newest version of the network's preshared secret: every two managed peers get a key of their own from it.
   * Absent: none have one.
   */
  readonly presharedKeys?: number;
}

export const emptyFacts: Facts = {
  inventory: { machines: [] },
  ledger: { addresses: {}, tombstones: {} },
  keys: {},
  observations: { mtu: {}, endpoints: {} },
};
