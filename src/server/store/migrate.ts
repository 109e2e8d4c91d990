import { type QueryExecutorProvider, sql } from 'kysely';
import { serverErrors } from '../errors.ts';
import { migrations as all, type Dialect } from './migrations.ts';

/**
 * Brings the schema to the newest version; called inside a writing transaction, so that an upgrade is
 * there wholly or not at all, and two that begin at once come one after the other.
 * @throws server/store-newer
 */
export async function migrate(
  db: QueryExecutorProvider,
  init: { readonly dialect: Dialect; readonly store: string; readonly migrations?: typeof all },
): Promise<void> {
  const { dialect, store, migrations = all } = init;
  const version = await schemaVersion(db);
  if (version > migrations.length) {
    throw serverErrors.error('server/store-newer', { store, version, known: migrations.length });
  }
  for (const migration of migrations.slice(version)) await migration(db, dialect);
  if (version === migrations.length) return;
  await sql`update schema_version set version = ${migrations.length}`.execute(db);
}

/** The version of the schema that is there; 0 where there is none yet. */
async function schemaVersion(db: QueryExecutorProvider): Promise<number> {
  await sql`create table if not exists schema_version (version integer not null)`.execute(db);
  const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(db);
  if (rows[0]) return rows[0].version;
  await sql`insert into schema_version (version) values (0)`.execute(db);
  return 0;
}
