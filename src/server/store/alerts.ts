import type { Kysely } from 'kysely';
import type { Alert, AlertFilter, AlertTarget, EventKind, Severity, Silence } from '#api';
import type { Trouble } from '../alerts/trouble.ts';
import { present } from './optional.ts';
import type { AlertRow, SilenceRow, Tables } from './tables.ts';

/** Rows of one statement: each engine takes so many values and no more. */
const atOnce = 200;

export type NewAlert = Omit<Alert, 'seq' | 'kind'> & { readonly kind: EventKind };

/** How far somebody was told, and how that went. */
export interface Progress {
  /** `seq` of the last alert that was sent, or is not for him. */
  readonly sent: number;
  readonly delivered?: string | undefined;
  readonly failing?:
    | { readonly since: string; readonly attempts: number; readonly why: string }
    | undefined;
}

export interface Receiver extends Progress {
  readonly network: string;
  readonly name: string;
  readonly target: AlertTarget;
  readonly filter: AlertFilter;
  readonly made: string;
}

export async function receivers(db: Kysely<Tables>, network: string): Promise<readonly Receiver[]> {
  const rows = await db
    .selectFrom('receivers')
    .selectAll()
    .where('network', '=', network)
    .orderBy('name')
    .execute();
  return rows.map(({ target, filter, state, ...row }) => ({
    ...row,
    target: JSON.parse(target) as AlertTarget,
    filter: JSON.parse(filter) as AlertFilter,
    ...(JSON.parse(state) as Omit<Progress, 'sent'>),
  }));
}

/** Also instead of one of the same name. */
export async function putReceiver(db: Kysely<Tables>, receiver: Receiver): Promise<void> {
  const { network, name, target, filter, made, sent, delivered, failing } = receiver;
  const row = {
    ...{ target: JSON.stringify(target), filter: JSON.stringify(filter), made, sent },
    state: JSON.stringify({ delivered, failing }),
  };
  await db
    .insertInto('receivers')
    .values({ network, name, ...row })
    .onConflict((conflict) => conflict.columns(['network', 'name']).doUpdateSet(row))
    .execute();
}

/** Of one that was removed meanwhile nothing; nobody is told less than he was. */
export async function noteProgress(
  db: Kysely<Tables>,
  { network, name }: Pick<Receiver, 'network' | 'name'>,
  { sent, delivered, failing }: Progress,
): Promise<void> {
  await db
    .updateTable('receivers')
    .set({ sent, state: JSON.stringify({ delivered, failing }) })
    .where('network', '=', network)
    .where('name', '=', name)
    .where('sent', '<=', sent)
    .execute();
}

export async function removeReceiver(
  db: Kysely<Tables>,
  network: string,
  name: string,
): Promise<void> {
  await db
    .deleteFrom('receivers')
    .where('network', '=', network)
    .where('name', '=', name)
    .execute();
}

const alertOf = (row: AlertRow): Alert => ({
  seq: row.seq,
  at: row.at,
  is: row.is as Alert['is'],
  severity: row.severity as Severity,
  kind: row.kind as EventKind,
  since: row.since,
  ...present('machine', row.machine),
  ...present('other', row.other),
  ...present('service', row.service),
  ...(row.sites !== null && { sites: JSON.parse(row.sites) as string[] }),
  text: row.text,
});

export async function addAlerts(
  db: Kysely<Tables>,
  network: string,
  alerts: readonly NewAlert[],
): Promise<void> {
  const rows = alerts.map(({ machine = null, other = null, service = null, sites, ...rest }) => ({
    ...{ network, machine, other, service, sites: sites ? JSON.stringify(sites) : null },
    ...rest,
  }));
  for (let from = 0; from < rows.length; from += atOnce) {
    const some = rows.slice(from, from + atOnce);
    await db.insertInto('alerts').values(some).execute();
  }
}

/** In their order, those after one; without it the newest. */
export async function alerts(
  db: Kysely<Tables>,
  network: string,
  { after, limit }: { readonly after?: number; readonly limit: number },
): Promise<readonly Alert[]> {
  let query = db.selectFrom('alerts').selectAll().where('network', '=', network);
  if (after !== undefined) query = query.where('seq', '>', after);
  const ordered = query.orderBy('seq', after === undefined ? 'desc' : 'asc').limit(limit);
  const found = (await ordered.execute()).map(alertOf);
  return after === undefined ? found.reverse() : found;
}

/** What is not well, by what it concerns. */
export async function troubles(
  db: Kysely<Tables>,
  network: string,
): Promise<ReadonlyMap<string, Trouble>> {
  const rows = await db
    .selectFrom('troubles')
    .select(['subject', 'data'])
    .where('network', '=', network)
    .orderBy('subject')
    .execute();
  return new Map(rows.map(({ subject, data }) => [subject, JSON.parse(data) as Trouble]));
}

/** undefined: there is none any more. */
export async function putTrouble(
  db: Kysely<Tables>,
  network: string,
  subject: string,
  trouble: Trouble | undefined,
): Promise<void> {
  if (trouble) {
    const data = JSON.stringify(trouble);
    await db
      .insertInto('troubles')
      .values({ network, subject, data })
      .onConflict((conflict) => conflict.columns(['network', 'subject']).doUpdateSet({ data }))
      .execute();
    return;
  }
  await db
    .deleteFrom('troubles')
    .where('network', '=', network)
    .where('subject', '=', subject)
    .execute();
}

const silenceOf = ({ id, machine, site, began, ends, author, why }: SilenceRow): Silence => ({
  id,
  ...present('machine', machine),
  ...present('site', site),
  from: began,
  until: ends,
  by: author,
  ...present('why', why),
});

/** Also those that are over, as long as what they silenced is kept. */
export async function silences(db: Kysely<Tables>, network: string): Promise<readonly Silence[]> {
  const query = db.selectFrom('silences').selectAll().where('network', '=', network);
  return (await query.orderBy('began').orderBy('id').execute()).map(silenceOf);
}

export async function putSilence(
  db: Kysely<Tables>,
  network: string,
  { id, machine, site, from: began, until: ends, by: author, why }: Silence,
): Promise<void> {
  const about = { machine: machine ?? null, site: site ?? null, why: why ?? null };
  const row = { network, began, ends, author, ...about };
  await db
    .insertInto('silences')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** Removes alerts and silences that were over before, RFC 3339. */
export async function trimAlerts(
  db: Kysely<Tables>,
  network: string,
  before: string,
): Promise<void> {
  await db.deleteFrom('alerts').where('network', '=', network).where('at', '<', before).execute();
  await db
    .deleteFrom('silences')
    .where('network', '=', network)
    .where('ends', '<', before)
    .execute();
}

export async function cursor(db: Kysely<Tables>, name: string): Promise<number | undefined> {
  const query = db.selectFrom('cursors').select('seq').where('name', '=', name);
  return (await query.executeTakeFirst())?.seq;
}

export async function putCursor(db: Kysely<Tables>, name: string, seq: number): Promise<void> {
  await db
    .insertInto('cursors')
    .values({ name, seq })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ seq }))
    .execute();
}
