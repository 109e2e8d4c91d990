import type { Kysely } from 'kysely';
import type { AuditEntry } from '#api';
import { present } from './optional.ts';
import type { AuditRow, Tables } from './tables.ts';

export interface AuditQuery {
  readonly since?: string;
  readonly after?: number;
  readonly network?: string;
  readonly limit: number;
}

const entryOf = (row: AuditRow): AuditEntry => ({
  seq: row.seq,
  at: row.at,
  actor: row.actor,
  action: row.action,
  ...present('network', row.network),
  ...present('revision', row.revision),
  detail: JSON.parse(row.detail) as unknown,
});

export async function addAudit(db: Kysely<Tables>, entry: Omit<AuditEntry, 'seq'>): Promise<void> {
  const { at, actor, action, network = null, revision = null, detail } = entry;
  await db
    .insertInto('audit')
    .values({ at, actor, action, network, revision, detail: JSON.stringify(detail ?? null) })
    .execute();
}

export async function audit(
  db: Kysely<Tables>,
  { since, after, network, limit }: AuditQuery,
): Promise<AuditEntry[]> {
  const fromStart = since !== undefined || after !== undefined;
  let query = db.selectFrom('audit').selectAll();
  if (since !== undefined) query = query.where('at', '>=', since);
  if (after !== undefined) query = query.where('seq', '>', after);
  if (network !== undefined) query = query.where('network', '=', network);
  const ordered = query.orderBy('seq', fromStart ? 'asc' : 'desc').limit(limit);
  const entries = (await ordered.execute()).map(entryOf);
  return fromStart ? entries : entries.reverse();
}

export interface AuditTrim {
  /** What is older, RFC 3339. */
  readonly before: string;
  /** At most up to this number. */
  readonly upTo?: number;
  readonly limit: number;
}

/** What was removed. */
export interface Trimmed {
  readonly count: number;
  readonly first: Pick<AuditEntry, 'seq' | 'at'>;
  readonly last: Pick<AuditEntry, 'seq' | 'at'>;
}

/** Removes the oldest entries; undefined if there was nothing to remove. */
export async function trimAudit(
  db: Kysely<Tables>,
  { before, upTo, limit }: AuditTrim,
): Promise<Trimmed | undefined> {
  let query = db.selectFrom('audit').select(['seq', 'at']).where('at', '<', before);
  if (upTo !== undefined) query = query.where('seq', '<=', upTo);
  const rows = await query.orderBy('seq').limit(limit).execute();
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return undefined;
  await db.deleteFrom('audit').where('at', '<', before).where('seq', '<=', last.seq).execute();
  return { count: rows.length, first, last };
}
