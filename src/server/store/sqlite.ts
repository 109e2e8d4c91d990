import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Sqlite from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { HawserError } from '#base';
import { serverErrors } from '../errors.ts';
import type { Engine } from './engine.ts';
import { nativeBinding } from './native.ts';
import { alone } from './peers.ts';
import type { Tables } from './tables.ts';

/** The database inside a server's data folder. */
export const databaseFile = (data: string): string => join(data, 'hawser.db');

/** Milliseconds to wait for another process that writes, such as `hawser server reset-admin`. */
const patience = 5_000;
/** Milliseconds between attempts. SQLite's own waiting would stop the whole process. */
const pause = 5;

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';

/** Statements are prepared once: the store asks the same few things again and again. */
function preparing(database: Sqlite.Database): SqliteDatabase {
  const statements = new Map<string, Sqlite.Statement>();
  return {
    prepare(text) {
      const known = statements.get(text);
      if (known) return known;
      const statement = database.prepare(text);
      statements.set(text, statement);
      return statement;
    },
    close: () => database.close(),
  };
}

/** Takes the write lock at once: a reader that turns writer midway would fail where another wrote. */
class WritingDriver extends SqliteDriver {
  readonly #database: Sqlite.Database;

  constructor(database: Sqlite.Database) {
    super({ database: preparing(database) });
    this.#database = database;
  }

  /** A full disk ends the transaction by itself; the error to tell is that one. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const end = performance.now() + patience;
    for (;;) {
      try {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'));
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > end) throw error;
      }
      await sleep(pause);
    }
  }
}

const writingDialect = (database: Sqlite.Database): Dialect => ({
  createAdapter: () => new SqliteAdapter(),
  createDriver: () => new WritingDriver(database),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});

/** Connections kept for the next readers. */
const idleReaders = 4;

/** Readable by its owner only; the WAL beside it gets the same mode from SQLite. */
function makePrivate(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

type Connect = (options?: Sqlite.Options) => Sqlite.Database;

class SqliteEngine implements Engine {
  readonly name: string;
  readonly dialect = {
    serial: 'integer primary key autoincrement',
    now: "(unixepoch('subsec') * 1000)",
    fleeting: '',
  };
  readonly peers = alone;
  readonly #connect: Connect;
  readonly #database: Sqlite.Database;
  readonly #writer: Kysely<Tables>;
  readonly #idle: Kysely<Tables>[] = [];

  constructor(file: string, connect: Connect) {
    this.name = file;
    this.#connect = connect;
    const database = connect();
    this.#database = database;
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma('busy_timeout = 0');
    this.#writer = new Kysely({ dialect: writingDialect(database) });
  }

  #reader(): Kysely<Tables> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    const database = this.#connect({ readonly: true });
    return new Kysely({ dialect: new SqliteDialect({ database: preparing(database) }) });
  }

  async read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    const reader = this.#reader();
    try {
      return await reader.transaction().execute(work);
    } finally {
      if (this.#idle.length < idleReaders) this.#idle.push(reader);
      else await reader.destroy();
    }
  }

  write<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#writer.transaction().execute(work);
  }

  restructure<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.write(work);
  }

  async announce(): Promise<void> {}

  listen(): void {}

  failure(error: unknown): HawserError | undefined {
    return sqliteFailure(error, this.name);
  }

  async close(): Promise<void> {
    for (const reader of this.#idle.splice(0)) await reader.destroy();
    await this.#writer.destroy();
    // Kysely closes only what it has used.
    this.#database.close();
  }
}

function sqliteFailure(cause: unknown, store: string): HawserError | undefined {
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'string') {
    return undefined;
  }
  const { code, message: detail } = cause;
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return serverErrors.error('server/disk-full', { store, detail }, { cause });
  }
  if (
    !/^(SQLITE_|E[A-Z]+$|MODULE_NOT_FOUND|ERR_DLOPEN_FAILED)/.test(code) ||
    code.startsWith('SQLITE_CONSTRAINT')
  )
    return undefined;
  return serverErrors.error('server/store-unreadable', { store, detail }, { cause });
}

/** A database file, made where there is none. @throws server/store-unreadable, server/disk-full */
export async function connectSqlite(data: string): Promise<Engine> {
  const file = databaseFile(data);
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    makePrivate(file);
    const connect = await connector(file);
    return new SqliteEngine(file, connect);
  } catch (error) {
    throw sqliteFailure(error, file) ?? error;
  }
}

/** Makes the file, and says whether it was not there: of several that try at once, one makes it. */
function makeNew(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether there is nothing in a database, and nobody who puts something there just now. */
async function isUnused(file: string): Promise<boolean> {
  if (statSync(file, { throwIfNoEntry: false })?.size === 0) return true;
  try {
    const connect = await connector(file);
    const database = connect({ fileMustExist: true });
    try {
      database.pragma('busy_timeout = 0');
      database.exec('begin immediate');
      return database.prepare('select 1 from sqlite_schema').get() === undefined;
    } finally {
      database.close();
    }
  } catch {
    return false;
  }
}

function unmake(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
}

/** Takes folders away, deepest first, as far as nothing is in them. */
function unmakeFolders(folders: readonly string[]): void {
  try {
    for (const folder of folders) rmdirSync(folder);
  } catch {
    // The database stayed, or somebody put something there meanwhile.
  }
}

/** Folders on the way to a place that are not there, deepest first. */
function missingFolders(folder: string): readonly string[] {
  return existsSync(folder) ? [] : [folder, ...missingFolders(dirname(folder))];
}

/** Makes the folder and an empty database; false where that is there. */
function makePlace(data: string): boolean {
  const file = databaseFile(data);
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    return makeNew(file);
  } catch (error) {
    throw sqliteFailure(error, file) ?? error;
  }
}

/**
 * Works in a database file; where that fails, and this call made the file, there is none afterwards, unless
 * others have put something into it.
 * @throws what the work does; server/store-unreadable, server/disk-full
 */
export async function orUnmade<T>(data: string, work: () => Promise<T>): Promise<T> {
  const file = databaseFile(data);
  const made = missingFolders(data);
  let isOurs = false;
  try {
    isOurs = makePlace(data);
    return await work();
  } catch (error) {
    if (isOurs && (await isUnused(file))) unmake(file);
    unmakeFolders(made);
    throw error;
  }
}

/** A database that is gone when it is closed; only for writing transactions. */
export async function connectMemory(): Promise<Engine> {
  return new SqliteEngine('memory', await connector(':memory:'));
}

async function connector(file: string): Promise<Connect> {
  const { default: Database } = await import('better-sqlite3');
  const common = { timeout: patience, nativeBinding: nativeBinding() };
  return (options) => new Database(file, { ...options, ...common });
}
