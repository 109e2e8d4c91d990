import type { Kysely } from 'kysely';
import { by } from '#base';
import type { StoredMachine } from './contract.ts';
import { present } from './optional.ts';
import type { MachineRow, Tables } from './tables.ts';

const machineOf = (row: MachineRow): StoredMachine => ({
  network: row.network,
  name: row.name,
  identity: row.identity,
  enrolment: row.enrolment as StoredMachine['enrolment'],
  keys: JSON.parse(row.keys) as Record<string, string>,
  joinedAt: row.joined_at,
  tags: JSON.parse(row.tags) as string[],
  ephemeral: row.ephemeral === 1,
  ...present('person', row.person),
  ...present('memberLife', row.member_life),
  ...present('confirmed', row.confirmed),
  ...present('quarantined', row.quarantined),
});

const rowOf = (machine: StoredMachine): MachineRow => ({
  network: machine.network,
  name: machine.name,
  identity: machine.identity,
  enrolment: machine.enrolment,
  keys: JSON.stringify(machine.keys),
  joined_at: machine.joinedAt,
  tags: JSON.stringify(machine.tags),
  ephemeral: Number(machine.ephemeral),
  person: machine.person ?? null,
  member_life: machine.memberLife ?? null,
  confirmed: machine.confirmed ?? null,
  quarantined: machine.quarantined ?? null,
});

/** Sorted by name here: how a database sorts text depends on its locale. */
export async function machines(db: Kysely<Tables>, network: string): Promise<StoredMachine[]> {
  const query = db.selectFrom('machines').selectAll().where('network', '=', network);
  return (await query.execute()).map(machineOf).sort(by((machine) => machine.name));
}

export async function putMachine(db: Kysely<Tables>, machine: StoredMachine): Promise<boolean> {
  const row = rowOf(machine);
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('machines')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['network', 'name'])
        .doUpdateSet(row)
        .where('machines.identity', '=', machine.identity),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows !== 0n;
}

export async function removeMachine(
  db: Kysely<Tables>,
  network: string,
  name: string,
): Promise<void> {
  await db.deleteFrom('machines').where('network', '=', network).where('name', '=', name).execute();
}
