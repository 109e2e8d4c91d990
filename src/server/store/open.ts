import type { Store } from './contract.ts';
import type { Engine } from './engine.ts';
import { migrate } from './migrate.ts';
import { connectPostgres } from './postgres.ts';
import { connectSqlite } from './sqlite.ts';
import { EngineStore } from './store.ts';

/** A folder for SQLite, or the URL of a PostgreSQL database (`postgres://...`). */
export type StorePlace = { readonly data: string } | { readonly database: string };

/** The database of a place, whatever is in it. @throws server/store-unreadable, server/disk-full */
export const connect = (place: StorePlace): Promise<Engine> =>
  'database' in place ? connectPostgres(place.database) : connectSqlite(place.data);

/**
 * Opens the store of a server, makes it where there is none, and upgrades an older one.
 * @throws server/store-unreadable, server/store-newer, server/disk-full
 */
export async function openStore(place: StorePlace): Promise<Store> {
  const engine = await connect(place);
  try {
    await engine.restructure((db) => migrate(db, engine));
    return new EngineStore(engine);
  } catch (error) {
    await engine.close();
    throw engine.failure(error) ?? error;
  }
}
