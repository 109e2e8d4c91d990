import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Which chunks of a tunnel's history: its machines in the order of their names, seconds a point, numbers. */
export interface ChunksOf {
  readonly network: string;
  readonly a: string;
  readonly b: string;
  readonly step: number;
}

export async function historyChunks(
  db: Kysely<Tables>,
  { network, a, b, step }: ChunksOf,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<readonly { readonly chunk: number; readonly data: string }[]> {
  return db
    .selectFrom('history')
    .select(['chunk', 'data'])
    .where('network', '=', network)
    .where('a', '=', a)
    .where('b', '=', b)
    .where('step', '=', step)
    .where('chunk', '>=', first)
    .where('chunk', '<=', last)
    .orderBy('chunk')
    .execute();
}

export async function putHistoryChunk(
  db: Kysely<Tables>,
  of: ChunksOf,
  chunk: number,
  data: string,
): Promise<void> {
  await db
    .insertInto('history')
    .values({ ...of, chunk, data })
    .onConflict((conflict) =>
      conflict.columns(['network', 'a', 'b', 'step', 'chunk']).doUpdateSet({ data }),
    )
    .execute();
}

/** Removes chunks of all tunnels that come before one. */
export async function trimHistory(db: Kysely<Tables>, step: number, before: number): Promise<void> {
  await db.deleteFrom('history').where('step', '=', step).where('chunk', '<', before).execute();
}
