import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export async function setting(db: Kysely<Tables>, key: string): Promise<string | undefined> {
  const query = db.selectFrom('settings').select('value').where('key', '=', key);
  return (await query.executeTakeFirst())?.value;
}

export async function putSetting(db: Kysely<Tables>, key: string, value: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}
