import { type Kysely, sql } from 'kysely';
import type { Dialect } from './migrations.ts';
import type { Packed } from './packed.ts';
import type { Tables, ToldRow } from './tables.ts';

/** Rows of one statement: each engine takes so many values and no more. */
const atOnce = 200;

/** What a machine told one server, for the others to read. */
export interface Told {
  readonly identity: string;
  /** What it is about, as the agents' channel calls it. */
  readonly what: string;
  /** Who was told, as `Peers.self`; and since when the machine has been connected there, RFC 3339. */
  readonly server: string;
  readonly since: string;
  readonly data: Packed<object>;
}

export interface FoundTold extends Told {
  /** ms since it was put, by the database's own clock. */
  readonly age: number;
}

export interface ToldNews {
  readonly told: readonly FoundTold[];
  /** To ask for what comes after. */
  readonly version: number;
}

type Now = Pick<Dialect, 'now'>;

/** Each in the place of what its machine told before; who moved on to another server meanwhile is left alone. */
export async function putTold(
  db: Kysely<Tables>,
  { now }: Now,
  network: string,
  told: readonly Told[],
): Promise<void> {
  if (told.length === 0) return;
  const version = (await newest(db, network)) + 1;
  const at = sql<number>`${sql.raw(now)}`;
  const rows = told.map((one) => ({ network, ...one, version, at }));
  for (let from = 0; from < rows.length; from += atOnce) {
    await db
      .insertInto('told')
      .values(rows.slice(from, from + atOnce))
      .onConflict((conflict) =>
        conflict
          .columns(['network', 'identity', 'what'])
          .doUpdateSet((eb) => ({
            server: eb.ref('excluded.server'),
            since: eb.ref('excluded.since'),
            version: eb.ref('excluded.version'),
            at: eb.ref('excluded.at'),
            data: eb.ref('excluded.data'),
          }))
          .whereRef('told.since', '<=', 'excluded.since'),
      )
      .execute();
  }
}

async function newest(db: Kysely<Tables>, network: string): Promise<number> {
  const query = db
    .selectFrom('told')
    .select(({ fn }) => fn.max('version').as('version'))
    .where('network', '=', network);
  return (await query.executeTakeFirst())?.version ?? 0;
}

/** What all servers but one were told after a version, the oldest first. */
export async function toldAfter(
  db: Kysely<Tables>,
  { now }: Now,
  network: string,
  { after, except }: { readonly after: number; readonly except: string },
): Promise<ToldNews> {
  const rows = await db
    .selectFrom('told')
    .selectAll()
    .select(sql<number>`${sql.raw(now)} - at`.as('age'))
    .where('network', '=', network)
    .where('version', '>', after)
    .where('server', '<>', except)
    .orderBy('version')
    .execute();
  return { told: rows.map(foundOf), version: await newest(db, network) };
}

const foundOf = ({ identity, what, server, since, data, age }: ToldRow & { age: number }) => ({
  ...{ identity, what, server, since, data },
  age: Math.max(0, age),
});

/**
 * Removes what servers were told that are no more and that is older, ms. The newest stays: versions count on from it.
 */
export async function trimTold(
  db: Kysely<Tables>,
  { now }: Now,
  network: string,
  { older, servers }: { readonly older: number; readonly servers: readonly string[] },
): Promise<void> {
  await db
    .deleteFrom('told')
    .where('network', '=', network)
    .where(sql<number>`${sql.raw(now)} - at`, '>', older)
    .where('server', 'not in', servers)
    .where('version', '<', await newest(db, network))
    .execute();
}
