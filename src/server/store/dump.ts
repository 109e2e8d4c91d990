import { type Kysely, sql } from 'kysely';
import type { Engine } from './engine.ts';
import { migrate, schemaVersion } from './migrate.ts';
import type { Tables } from './tables.ts';

/** Rows by table, line by line, so that no more than a page of them is in memory. */
export type Dump = AsyncIterable<DumpLine> | Iterable<DumpLine>;
export type DumpLine = DumpHead | DumpRow;

export interface DumpHead {
  /** Schema version of the rows. */
  readonly schema: number;
  /** RFC 3339. */
  readonly made: string;
}
type DumpRow = readonly [table: string, row: Readonly<Record<string, string | number | null>>];

/**
 * Each table after those that its rows refer to, and the key that orders it. Without the history of tunnels, which is
 * large and which nothing rests on, and what machines told last, which they tell again.
 */
const tables = {
  networks: ['network'],
  revisions: ['network', 'number'],
  machines: ['network', 'name'],
  tokens: ['id'],
  audit: ['seq'],
  settings: ['key'],
  events: ['seq'],
  cursors: ['name'],
  receivers: ['network', 'name'],
  alerts: ['seq'],
  troubles: ['network', 'subject'],
  silences: ['id'],
  handshakes: ['network', 'a', 'b'],
} satisfies Record<Exclude<keyof Tables, 'history' | 'told'>, readonly string[]>;

/** Tables with a key that counts up by itself. */
const counted = ['audit', 'events', 'alerts'] as const;

/** Revisions hold whole files, so pages are small. */
const page = 20;

/** All of a database, as the transaction sees it. */
export async function* dump(db: Kysely<Tables>, made: Date): AsyncGenerator<DumpLine> {
  yield { schema: await schemaVersionRead(db), made: made.toISOString() };
  for (const [table, key] of Object.entries(tables)) {
    const order = sql.join(key.map((column) => sql.ref(column)));
    for (let offset = 0; ; offset += page) {
      const query = sql<DumpRow[1]>`select * from ${sql.table(table)} order by ${order}
        limit ${page} offset ${offset}`;
      const { rows } = await query.execute(db);
      for (const row of rows) yield [table, row];
      if (rows.length < page) break;
    }
  }
}

async function schemaVersionRead(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(db);
  return rows[0]?.version ?? 0;
}

/**
 * Puts a dump of any earlier version into an empty database and upgrades it; inside a transaction of
 * `restructure`. Gives the head of the dump; undefined where the database is not empty.
 * @throws server/store-newer
 */
export async function load(
  db: Kysely<Tables>,
  engine: Pick<Engine, 'name' | 'dialect'>,
  lines: Dump,
): Promise<DumpHead | undefined> {
  if ((await schemaVersion(db)) !== 0) return undefined;
  let head: DumpHead | undefined;
  for await (const line of lines) {
    if ('schema' in line) {
      head = line;
      await migrate(db, engine, { version: line.schema });
    } else {
      await insert(db, line);
    }
  }
  await migrate(db, engine);
  const { afterLoading } = engine.dialect;
  for (const table of afterLoading ? counted : []) {
    await sql.raw(afterLoading?.(table) ?? '').execute(db);
  }
  return head;
}

async function insert(db: Kysely<Tables>, [table, row]: DumpRow): Promise<void> {
  const columns = sql.join(Object.keys(row).map((column) => sql.ref(column)));
  const values = sql.join(Object.values(row));
  await sql`insert into ${sql.table(table)} (${columns}) values (${values})`.execute(db);
}
