import type { Kysely } from 'kysely';
import { by } from '#base';
import type { StoredToken } from './contract.ts';
import { present } from './optional.ts';
import type { Tables, TokenRow } from './tables.ts';

const tokenOf = (row: TokenRow): StoredToken => ({
  id: row.id,
  hash: row.hash,
  role: row.role,
  name: row.name,
  ...present('network', row.network),
  created: row.created,
  ...present('expires', row.expires),
  ...present('usesLeft', row.uses_left),
  tags: JSON.parse(row.tags) as string[],
  ephemeral: row.ephemeral === 1,
  admits: row.admits === 1,
  ...present('lastUsed', row.last_used),
  revoked: row.revoked === 1,
  ...present('person', row.person),
  ...present('memberLife', row.member_life),
});

const rowOf = (token: StoredToken): TokenRow => ({
  id: token.id,
  hash: token.hash,
  role: token.role,
  name: token.name,
  network: token.network ?? null,
  created: token.created,
  expires: token.expires ?? null,
  uses_left: token.usesLeft ?? null,
  tags: JSON.stringify(token.tags),
  ephemeral: Number(token.ephemeral),
  admits: Number(token.admits),
  last_used: token.lastUsed ?? null,
  revoked: Number(token.revoked),
  person: token.person ?? null,
  member_life: token.memberLife ?? null,
});

/** Oldest first. */
export async function tokens(db: Kysely<Tables>): Promise<StoredToken[]> {
  const rows = await db.selectFrom('tokens').selectAll().execute();
  return rows.map(tokenOf).sort(by((token) => `${token.created} ${token.id}`));
}

export async function tokenByHash(
  db: Kysely<Tables>,
  hash: string,
): Promise<StoredToken | undefined> {
  const query = db.selectFrom('tokens').selectAll().where('hash', '=', hash);
  const row = await query.executeTakeFirst();
  return row && tokenOf(row);
}

export async function putToken(db: Kysely<Tables>, token: StoredToken): Promise<void> {
  const row = rowOf(token);
  await db
    .insertInto('tokens')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}
