import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Rows of one statement: each engine takes so many values and no more. */
const atOnce = 200;

/** Two who shook hands, by who they are and not by their names, in the order of these texts. */
export interface Parties {
  readonly a: string;
  readonly b: string;
}

/** When two shook hands last, RFC 3339 in UTC with milliseconds. */
export interface Handshake extends Parties {
  readonly at: string;
}

export async function handshakes(
  db: Kysely<Tables>,
  network: string,
): Promise<readonly Handshake[]> {
  return db
    .selectFrom('handshakes')
    .select(['a', 'b', 'at'])
    .where('network', '=', network)
    .execute();
}

/** Each in the place of an earlier one; a later one that another server put stays. */
export async function putHandshakes(
  db: Kysely<Tables>,
  network: string,
  all: readonly Handshake[],
): Promise<void> {
  for (let from = 0; from < all.length; from += atOnce) {
    const some = all.slice(from, from + atOnce);
    await db
      .insertInto('handshakes')
      .values(some.map(({ a, b, at }) => ({ network, a, b, at })))
      .onConflict((conflict) =>
        conflict
          .columns(['network', 'a', 'b'])
          .doUpdateSet((eb) => ({ at: eb.ref('excluded.at') }))
          .whereRef('handshakes.at', '<', 'excluded.at'),
      )
      .execute();
  }
}

export async function removeHandshakes(
  db: Kysely<Tables>,
  network: string,
  all: readonly Parties[],
): Promise<void> {
  for (let from = 0; from < all.length; from += atOnce) {
    const some = all.slice(from, from + atOnce);
    await db
      .deleteFrom('handshakes')
      .where('network', '=', network)
      .where((eb) =>
        eb(
          eb.refTuple('a', 'b'),
          'in',
          some.map(({ a, b }) => eb.tuple(a, b)),
        ),
      )
      .execute();
  }
}
