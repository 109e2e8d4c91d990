import type {
  Alert,
  AuditEntry,
  EventKind,
  FileSet,
  NetworkEvent,
  Revision,
  RevisionId,
  Silence,
  TokenInfo,
} from '#api';
import type { Facts } from '#compile';
import type { Trouble } from '../alerts/trouble.ts';
import type { NewAlert, Progress, Receiver } from './alerts.ts';
import type { AuditTrim, Trimmed } from './audit.ts';
import type { EventQuery, NewEvent } from './events.ts';
import type { Handshake, Parties } from './handshakes.ts';
import type { ChunksOf } from './history.ts';
import type { Packed } from './packed.ts';
import type { Peers } from './peers.ts';
import type { Told, ToldNews } from './told.ts';

/** A network as it is stored: the file that is the truth, and the four inputs that are not in it. */
export interface StoredNetwork {
  readonly network: string;
  readonly revision: RevisionId;
  readonly files: FileSet;
  readonly facts: Facts;
  readonly frozen: boolean;
}

/** The same without its file, and with the facts as they are kept. */
export interface StoredHead extends Pick<StoredNetwork, 'network' | 'revision' | 'frozen'> {
  readonly facts: Packed<Facts>;
  /** The last number given out, also to a revision that waits. */
  readonly latest: number;
}

/** A machine that joined. */
export interface StoredMachine {
  readonly network: string;
  readonly name: string;
  /** Ed25519 public key, pinned at its join. */
  readonly identity: string;
  readonly enrolment: 'enrolled' | 'pending';
  /** WireGuard public keys by lane, while it is pending; later they are in the facts. */
  readonly keys: Readonly<Record<string, string>>;
  readonly joinedAt: string;
  readonly tags: readonly string[];
  readonly ephemeral: boolean;
  /** Of a pending one: the token whose holder made the token that it joined with. */
  readonly person?: string;
  /** Of a pending one: seconds that it has as a member, once it is let in. */
  readonly memberLife?: number;
  /** Revision number that it confirmed last, and the one it took back. */
  readonly confirmed?: number;
  readonly quarantined?: number;
}

/** A token as it is kept: SHA-256 of its secret, never the secret (hex). */
export interface StoredToken extends TokenInfo {
  readonly hash: string;
}

export interface NewRevision {
  readonly kind: Revision['kind'];
  readonly at: string;
  readonly author: string;
  readonly why: string;
  readonly state: Revision['state'];
  readonly summary: readonly string[];
  readonly files: FileSet | Packed<FileSet>;
  /** Become the network's own if it is applied; of a held one they are not kept. */
  readonly facts: Facts | Packed<Facts>;
  /** Of a restore, which begins a new one; numbers go on. */
  readonly epoch?: string;
  /** What its author's client calls the request for it: it is done once. */
  readonly request?: string | undefined;
  /** The token whose holder the author is. */
  readonly person?: string | undefined;
}

/** A revision with what is not shown of it. */
export interface FoundRevision {
  readonly revision: Revision;
  readonly files: FileSet;
  readonly person?: string;
}

/** Everything a transaction reads is of one moment; what it writes is there wholly or not at all. */
export interface Transaction {
  network(name: string): Promise<StoredNetwork | undefined>;
  head(name: string): Promise<StoredHead | undefined>;
  /** The file of a revision as it is kept: unpacking a large one takes its time. */
  packedFiles(network: string, number: number): Promise<Packed<FileSet> | undefined>;
  networks(): Promise<readonly { readonly network: string; readonly revision: RevisionId }[]>;
  /** The first revision of a network, number 1 of a new epoch. */
  createNetwork(name: string, epoch: string, first: NewRevision): Promise<RevisionId>;
  /** The next number from the network's counter row, taken in this transaction. */
  addRevision(network: string, revision: NewRevision): Promise<RevisionId>;
  /**
   * Lets a held revision become the network's own; the facts stay as they are.
   * @throws server/not-held also where a later revision was applied meanwhile
   */
  releaseRevision(network: string, number: number, approver: string): Promise<void>;
  /** @throws server/not-held */
  rejectRevision(network: string, number: number): Promise<void>;
  revisions(
    network: string,
    options: { readonly before?: number; readonly limit: number },
  ): Promise<readonly Revision[]>;
  revision(network: string, number: number): Promise<FoundRevision | undefined>;
  /** The number of the revision that a request made. */
  requested(network: string, request: string): Promise<number | undefined>;
  /** Facts change without a revision: keys, ledger and observations are not the file's. */
  putFacts(network: string, facts: Facts | Packed<Facts>): Promise<void>;
  setFrozen(network: string, frozen: boolean): Promise<void>;

  machines(network: string): Promise<readonly StoredMachine[]>;
  /** False where the name is another identity's: nothing was put. */
  putMachine(machine: StoredMachine): Promise<boolean>;
  removeMachine(network: string, name: string): Promise<void>;

  tokens(): Promise<readonly StoredToken[]>;
  tokenByHash(hash: string): Promise<StoredToken | undefined>;
  putToken(token: StoredToken): Promise<void>;

  addAudit(entry: Omit<AuditEntry, 'seq'>): Promise<void>;
  /** In their order, from `since` or `after` on; with neither the newest `limit`. */
  audit(options: {
    readonly since?: string;
    readonly after?: number;
    readonly network?: string;
    readonly limit: number;
  }): Promise<readonly AuditEntry[]>;

  /** Removes the oldest entries; undefined if none is old enough. */
  trimAudit(options: AuditTrim): Promise<Trimmed | undefined>;

  addEvents(network: string, events: readonly NewEvent[]): Promise<void>;
  /** In their order, from `since` or `after` on; with neither the newest `limit`. */
  events(network: string, query: EventQuery): Promise<readonly NetworkEvent[]>;
  /** The newest event of these kinds for each tunnel and service. */
  lastEvents(network: string, kinds: readonly EventKind[]): Promise<readonly NetworkEvent[]>;
  /** Removes what is older, RFC 3339, and what is more than so many. */
  trimEvents(
    network: string,
    bounds: { readonly before: string; readonly most: number },
  ): Promise<void>;

  /** `seq` of the last event that somebody has read. */
  cursor(name: string): Promise<number | undefined>;
  putCursor(name: string, seq: number): Promise<void>;

  /** Who is alerted, by name. */
  receivers(network: string): Promise<readonly Receiver[]>;
  putReceiver(receiver: Receiver): Promise<void>;
  /** Of one that is no more nothing. */
  noteProgress(of: Pick<Receiver, 'network' | 'name'>, progress: Progress): Promise<void>;
  removeReceiver(network: string, name: string): Promise<void>;
  addAlerts(network: string, alerts: readonly NewAlert[]): Promise<void>;
  /** In their order, those after one; without it the newest. */
  alerts(
    network: string,
    options: { readonly after?: number; readonly limit: number },
  ): Promise<readonly Alert[]>;
  /** What is not well, by what it concerns. */
  troubles(network: string): Promise<ReadonlyMap<string, Trouble>>;
  putTrouble(network: string, subject: string, trouble: Trouble | undefined): Promise<void>;
  /** Those that are over, too. */
  silences(network: string): Promise<readonly Silence[]>;
  putSilence(network: string, silence: Silence): Promise<void>;
  /** Removes alerts and silences that were over before, RFC 3339. */
  trimAlerts(network: string, before: string): Promise<void>;

  /** In their order, from the first to the last of these numbers, as far as there are any. */
  historyChunks(
    of: ChunksOf,
    range: { readonly first: number; readonly last: number },
  ): Promise<readonly { readonly chunk: number; readonly data: string }[]>;
  putHistoryChunk(of: ChunksOf, chunk: number, data: string): Promise<void>;
  /** Removes the chunks of all tunnels that come before one of that number. */
  trimHistory(step: number, before: number): Promise<void>;

  /**
   * Puts what machines told a server in the place of what they told before; wakes nobody. After a crash of the
   * database there may be nothing of it.
   */
  putTold(network: string, told: readonly Told[]): Promise<void>;
  /** What all servers but one put after a version. */
  told(
    network: string,
    options: { readonly after: number; readonly except: string },
  ): Promise<ToldNews>;
  /** Removes what is older, ms, and was put by none of these servers. */
  trimTold(
    network: string,
    options: { readonly older: number; readonly servers: readonly string[] },
  ): Promise<void>;

  /** When each two of a network shook hands last. Writing it wakes nobody. */
  handshakes(network: string): Promise<readonly Handshake[]>;
  /** Puts them in the place of earlier ones. */
  putHandshakes(network: string, all: readonly Handshake[]): Promise<void>;
  removeHandshakes(network: string, all: readonly Parties[]): Promise<void>;

  /** Small things the server itself keeps: its CA and key, when it last made a backup. */
  setting(key: string): Promise<string | undefined>;
  putSetting(key: string, value: string): Promise<void>;
}

/** `isOurs`: it was written through this store, not by another server. */
export type ChangeListener = (network: string | undefined, isOurs: boolean) => void;

/**
 * What a server keeps. Two engines (SQLite for one server, PostgreSQL for several) and one
 * compliance suite. Writers of one network come one after another; readers never wait for them.
 */
export interface Store {
  /** @throws server/store-unreadable, server/disk-full: nothing of the work is done */
  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * Called after commits, here or by another server: a bare wake-up, what changed is to be read.
   * undefined: tokens or settings, or a server does not know what it missed. Audit wakes nobody.
   */
  onChange(listener: ChangeListener): () => void;
  readonly peers: Peers;
  close(): Promise<void>;
}
