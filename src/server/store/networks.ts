import { type Kysely, sql } from 'kysely';
import { apiErrors, type FileSet, type Revision, type RevisionId } from '#api';
import { by } from '#base';
import type { Facts } from '#compile';
import { serverErrors } from '../errors.ts';
import type { FoundRevision, NewRevision, StoredHead, StoredNetwork } from './contract.ts';
import { present } from './optional.ts';
import { type Packed, pack, unpack } from './packed.ts';
import type { RevisionRow, Tables } from './tables.ts';

type Db = Kysely<Tables>;

const absent = (network: string) => apiErrors.error('api/no-network', { network, hint: '' });

export async function head(db: Db, name: string): Promise<StoredHead | undefined> {
  const row = await db
    .selectFrom('networks')
    .select(['epoch', 'current', 'counter', 'facts', 'frozen'])
    .where('network', '=', name)
    .executeTakeFirst();
  if (!row) return undefined;
  const { epoch, current: number, counter: latest, facts, frozen } = row;
  return { network: name, revision: { epoch, number }, facts, frozen: frozen === 1, latest };
}

export async function packedFiles(
  db: Db,
  name: string,
  number: number,
): Promise<Packed<FileSet> | undefined> {
  const row = await db
    .selectFrom('revisions')
    .select('files')
    .where('network', '=', name)
    .where('number', '=', number)
    .executeTakeFirst();
  return row?.files;
}

export async function network(db: Db, name: string): Promise<StoredNetwork | undefined> {
  const found = await head(db, name);
  if (!found) return undefined;
  const files = await packedFiles(db, name, found.revision.number);
  if (files === undefined) return undefined;
  const { latest: _, facts, ...own } = found;
  return { ...own, files: unpack<FileSet>(files), facts: unpack<Facts>(facts) };
}

/** Sorted by name. */
export async function networks(
  db: Db,
): Promise<{ readonly network: string; readonly revision: RevisionId }[]> {
  const rows = await db.selectFrom('networks').select(['network', 'epoch', 'current']).execute();
  return rows
    .map(({ network: name, epoch, current: number }) => ({
      network: name,
      revision: { epoch, number },
    }))
    .sort(by((one) => one.network));
}

async function insertRevision(
  db: Db,
  name: string,
  { epoch, number }: RevisionId,
  { files, summary, ...said }: Omit<NewRevision, 'epoch' | 'facts'>,
): Promise<void> {
  await db
    .insertInto('revisions')
    .values({
      network: name,
      number,
      epoch,
      kind: said.kind,
      at: said.at,
      author: said.author,
      why: said.why,
      state: said.state,
      summary: JSON.stringify(summary),
      files: pack(files),
      request: said.request ?? null,
      person: said.person ?? null,
      approver: null,
    })
    .execute();
}

export async function createNetwork(
  db: Db,
  name: string,
  epoch: string,
  first: NewRevision,
): Promise<RevisionId> {
  const id = { epoch, number: 1 };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('networks')
    .values({
      network: name,
      epoch,
      current: 1,
      counter: 1,
      facts: pack(first.facts),
      frozen: 0,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) {
    throw serverErrors.error('server/network-exists', { network: name });
  }
  await insertRevision(db, name, id, first);
  return id;
}

/** The counter row gives the number, in the same transaction as the revision itself. */
export async function addRevision(
  db: Db,
  name: string,
  revision: NewRevision,
): Promise<RevisionId> {
  const { epoch, state, facts } = revision;
  const next = sql<number>`counter + 1`;
  const row = await db
    .updateTable('networks')
    .set({ counter: next, ...(epoch !== undefined && { epoch }) })
    .$if(state === 'applied', (query) => query.set({ current: next, facts: pack(facts) }))
    .where('network', '=', name)
    .returning(['epoch', 'counter'])
    .executeTakeFirst();
  if (!row) throw absent(name);
  const id = { epoch: row.epoch, number: row.counter };
  await insertRevision(db, name, id, revision);
  return id;
}

export async function releaseRevision(
  db: Db,
  name: string,
  number: number,
  approver: string,
): Promise<void> {
  const released = await db
    .updateTable('revisions')
    .set({ state: 'applied', approver })
    .where('network', '=', name)
    .where('number', '=', number)
    .where('state', '=', 'held')
    .executeTakeFirst();
  const became = await db
    .updateTable('networks')
    .set({ current: number })
    .where('network', '=', name)
    .where('current', '<', number)
    .executeTakeFirst();
  if (released.numUpdatedRows === 0n || became.numUpdatedRows === 0n) {
    throw serverErrors.error('server/not-held', { network: name, number });
  }
}

export async function rejectRevision(db: Db, name: string, number: number): Promise<void> {
  const rejected = await db
    .updateTable('revisions')
    .set({ state: 'rejected' })
    .where('network', '=', name)
    .where('number', '=', number)
    .where('state', '=', 'held')
    .executeTakeFirst();
  if (rejected.numUpdatedRows === 0n) {
    throw serverErrors.error('server/not-held', { network: name, number });
  }
}

const revisionOf = (row: RevisionRow): Revision => ({
  id: { epoch: row.epoch, number: row.number },
  kind: row.kind as Revision['kind'],
  at: row.at,
  author: row.author,
  why: row.why,
  state: row.state as Revision['state'],
  summary: JSON.parse(row.summary) as string[],
  ...present('approver', row.approver),
});

const said = [
  'network',
  'number',
  'epoch',
  'kind',
  'at',
  'author',
  'why',
  'state',
  'summary',
  'approver',
] as const;

export async function revisions(
  db: Db,
  name: string,
  { before, limit }: { readonly before?: number; readonly limit: number },
): Promise<Revision[]> {
  let query = db.selectFrom('revisions').select(said).where('network', '=', name);
  if (before !== undefined) query = query.where('number', '<', before);
  return (await query.orderBy('number', 'desc').limit(limit).execute()).map(revisionOf);
}

export async function revision(
  db: Db,
  name: string,
  number: number,
): Promise<FoundRevision | undefined> {
  const row = await db
    .selectFrom('revisions')
    .select([...said, 'files', 'person'])
    .where('network', '=', name)
    .where('number', '=', number)
    .executeTakeFirst();
  if (!row) return undefined;
  const files = unpack<FileSet>(row.files);
  return { revision: revisionOf(row), files, ...present('person', row.person) };
}

export async function requested(
  db: Db,
  name: string,
  request: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('revisions')
    .select('number')
    .where('network', '=', name)
    .where('request', '=', request)
    .executeTakeFirst();
  return row?.number;
}

export async function changeNetwork(
  db: Db,
  name: string,
  change: { readonly facts: Facts | Packed<Facts> } | { readonly frozen: boolean },
): Promise<void> {
  const row = 'facts' in change ? { facts: pack(change.facts) } : { frozen: Number(change.frozen) };
  const query = db.updateTable('networks').set(row).where('network', '=', name);
  const { numUpdatedRows } = await query.executeTakeFirst();
  if (numUpdatedRows === 0n) throw absent(name);
}
