import type { Kysely } from 'kysely';
import type { HawserError } from '#base';
import type { Dialect } from './migrations.ts';
import type { Peers } from './peers.ts';
import type { Tables } from './tables.ts';
import type { Touched } from './transaction.ts';

type Work<T> = (db: Kysely<Tables>) => Promise<T>;

/** What SQLite and PostgreSQL do differently. */
export interface Engine {
  /** For messages: a file or a URL without its password. */
  readonly name: string;
  readonly dialect: Dialect;
  /** Runs work on a snapshot that nobody waits for. */
  read<T>(work: Work<T>): Promise<T>;
  /** Runs work as the only writer; all of it is there when this returns, or nothing. */
  write<T>(work: Work<T>): Promise<T>;
  /** As `write`, also where there are no tables yet: for those who make or change them. */
  restructure<T>(work: Work<T>): Promise<T>;
  /** Inside a writing transaction: wakes other servers once it is committed. */
  announce(db: Kysely<Tables>, touched: Touched): Promise<void>;
  /** What other servers announced; undefined also when some of it may have been missed. */
  listen(heard: (network: string | undefined) => void): void;
  /** Other servers, from when it listens. */
  readonly peers: Peers;
  /** The engine's own failures in our words; undefined for errors that are not the engine's. */
  failure(error: unknown): HawserError | undefined;
  close(): Promise<void>;
}
