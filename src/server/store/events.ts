import { type Kysely, sql } from 'kysely';
import type { EventKind, NetworkEvent } from '#api';
import { present } from './optional.ts';
import type { EventRow, Tables } from './tables.ts';

/** Rows of one statement: each engine takes so many values and no more. */
const atOnce = 500;

export type NewEvent = Omit<NetworkEvent, 'seq' | 'silenced'>;

export interface EventQuery {
  readonly since?: string | undefined;
  readonly after?: number | undefined;
  readonly kind?: EventKind | undefined;
  readonly machine?: string | undefined;
  /** What concerns this one too. */
  readonly other?: string | undefined;
  readonly search?: string | undefined;
  readonly limit: number;
}

const eventOf = (row: EventRow): NetworkEvent => ({
  seq: row.seq,
  at: row.at,
  kind: row.kind as EventKind,
  ...present('machine', row.machine),
  ...present('other', row.other),
  ...present('service', row.service),
  text: row.text,
});

export async function addEvents(
  db: Kysely<Tables>,
  network: string,
  events: readonly NewEvent[],
): Promise<void> {
  const rows = events.map(({ at, kind, machine = null, other = null, service = null, text }) => ({
    ...{ network, at, kind, machine, other, service, text: text.replaceAll(/\p{Cc}/gu, ' ') },
  }));
  for (let from = 0; from < rows.length; from += atOnce) {
    await db
      .insertInto('events')
      .values(rows.slice(from, from + atOnce))
      .execute();
  }
}

/** In their order, from `since` or `after` on; with neither the newest `limit`. */
export async function events(
  db: Kysely<Tables>,
  network: string,
  { since, after, kind, machine, other, search, limit }: EventQuery,
): Promise<readonly NetworkEvent[]> {
  const fromStart = since !== undefined || after !== undefined;
  let query = db.selectFrom('events').selectAll().where('network', '=', network);
  if (since !== undefined) query = query.where('at', '>=', since);
  if (after !== undefined) query = query.where('seq', '>', after);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  for (const end of [machine, other]) {
    if (end === undefined) continue;
    query = query.where((eb) => eb.or([eb('machine', '=', end), eb('other', '=', end)]));
  }
  if (search !== undefined) {
    const pattern = `%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    query = query.where(sql<boolean>`lower(text) like ${pattern} escape '\\'`);
  }
  const ordered = query.orderBy('seq', fromStart ? 'asc' : 'desc').limit(limit);
  const found = (await ordered.execute()).map(eventOf);
  return fromStart ? found : found.reverse();
}

/** How each tunnel and service was left, by the newest of these kinds that tells of it; in their order. */
export async function lastEvents(
  db: Kysely<Tables>,
  network: string,
  kinds: readonly EventKind[],
): Promise<readonly NetworkEvent[]> {
  const newest = db
    .selectFrom('events')
    .select(({ fn }) => fn.max('seq').as('seq'))
    .where('network', '=', network)
    .where('kind', 'in', kinds)
    .groupBy(['machine', 'other', 'service']);
  const all = db.selectFrom('events').selectAll().where('seq', 'in', newest);
  const rows = await all.orderBy('seq').execute();
  return rows.map(eventOf);
}

/** Removes what is older, and what is more than so many. */
export async function trimEvents(
  db: Kysely<Tables>,
  network: string,
  { before, most }: { readonly before: string; readonly most: number },
): Promise<void> {
  const last = await db
    .selectFrom('events')
    .select('seq')
    .where('network', '=', network)
    .orderBy('seq', 'desc')
    .offset(most)
    .limit(1)
    .executeTakeFirst();
  await db
    .deleteFrom('events')
    .where('network', '=', network)
    .where((eb) => eb.or([eb('at', '<', before), ...(last ? [eb('seq', '<=', last.seq)] : [])]))
    .execute();
}
