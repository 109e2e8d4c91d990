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
