import { type QueryExecutorProvider, sql } from 'kysely';
import { serverErrors } from '../errors.ts';
import type { Engine } from './engine.ts';
import { migrations as all } from './migrations.ts';

export interface Schema {
  /** Those that this Hawser knows. */
  readonly migrations?: typeof all;
  /** The version to stop at; the newest unless said. */
  readonly version?: number;
}

/**
 * Brings the schema to a version; called inside a transaction of `restructure`, so that an upgrade is
 * there wholly or not at all, and two that begin at once come one after the other.
 * @throws server/store-newer
 */
export async function migrate(
  db: QueryExecutorProvider,
  { name, dialect }: Pick<Engine, 'name' | 'dialect'>,
  { migrations = all, version = migrations.length }: Schema = {},
): Promise<void> {
  const present = await schemaVersion(db);
  const newest = Math.max(present, version);
  if (newest > migrations.length) {
    const known = migrations.length;
    throw serverErrors.error('server/store-newer', { store: name, version: newest, known });
  }
  const missing = migrations.slice(present, version);
  if (missing.length === 0) return;
  for (const migration of missing) await migration(db, dialect);
  await sql`update schema_version set version = ${version}`.execute(db);
}

/** The version of the schema that is there; 0 where there is none yet. */
export async function schemaVersion(db: QueryExecutorProvider): Promise<number> {
  await sql`create table if not exists schema_version (version integer not null)`.execute(db);
  const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(db);
  if (rows[0]) return rows[0].version;
  await sql`insert into schema_version (version) values (0)`.execute(db);
  return 0;
}
