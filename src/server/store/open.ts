import type { Store } from './contract.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';
import { EngineStore } from './store.ts';

/** A folder for SQLite, or the URL of a PostgreSQL database (`postgres://...`). */
export type StorePlace = { readonly data: string } | { readonly database: string };

/**
 * Opens the store of a server, makes it where there is none, and upgrades an older one.
 * @throws server/store-unreadable, server/store-newer, server/disk-full
 */
export async function openStore(place: StorePlace): Promise<Store> {
  const engine =
    'database' in place ? await openPostgres(place.database) : await openSqlite(place.data);
  return new EngineStore(engine);
}
