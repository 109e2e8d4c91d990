import { type QueryExecutorProvider, sql } from 'kysely';

/** What differs between the engines' ways to say a column. */
export interface Dialect {
  /** Type and constraints of a key that counts up by itself. */
  readonly serial: string;
  /** A statement after rows with such keys were put into a table from elsewhere, where the counter needs it. */
  readonly afterLoading?: (table: string) => string;
  /** The database's own clock, ms since 1970, as a number. */
  readonly now: string;
  /** What a table is that may be empty after a crash, and costs less for it. */
  readonly fleeting: string;
}

type Migration = (db: QueryExecutorProvider, dialect: Dialect) => Promise<void>;

/**
 * How each schema version comes from the one before; the first from nothing. Append only: what was
 * released is never changed, and a store of every version is kept for the tests of its upgrade.
 */
export const migrations: readonly Migration[] = [
  firstSchema,
  withoutOldFacts,
  withPersons,
  withPersonsOfMachines,
  withExpiry,
  withHealth,
  withAlerts,
  withTold,
  withHandshakes,
];

async function firstSchema(db: QueryExecutorProvider, { serial }: Dialect): Promise<void> {
  await run(db, [
    `create table networks (
      network text primary key, epoch text not null, current integer not null,
      counter integer not null, facts text not null, frozen integer not null
    )`,
    `create table revisions (
      network text not null references networks, number integer not null, epoch text not null,
      kind text not null, at text not null, author text not null, why text not null,
      state text not null, summary text not null, files text not null, facts text not null,
      primary key (network, number)
    )`,
    `create table machines (
      network text not null references networks, name text not null, identity text not null,
      enrolment text not null, keys text not null, joined_at text not null, tags text not null,
      ephemeral integer not null, confirmed integer, quarantined integer,
      primary key (network, name)
    )`,
    `create table tokens (
      id text primary key, hash text not null unique, role text not null, name text not null,
      network text, created text not null, expires text, uses_left integer, tags text not null,
      ephemeral integer not null, admits integer not null, last_used text, revoked integer not null
    )`,
    `create table audit (
      seq ${serial}, at text not null, actor text not null, action text not null, network text,
      revision integer, detail text not null
    )`,
    'create index audit_at on audit (at)',
    'create table settings (key text primary key, value text not null)',
  ]);
}

/** A roll back changes the file only: nobody reads the facts of an old revision. */
async function withoutOldFacts(db: QueryExecutorProvider): Promise<void> {
  await run(db, ['alter table revisions drop column facts']);
}

/** Who asked for a revision, under which number of the request, and who let it go; for whom tokens speak. */
async function withPersons(db: QueryExecutorProvider): Promise<void> {
  await run(db, [
    'alter table revisions add column request text',
    'alter table revisions add column person text',
    'alter table revisions add column approver text',
    'create unique index revision_requests on revisions (network, request)',
    'alter table tokens add column person text',
    'alter table tokens add column member_life integer',
  ]);
}

/** By whose token a machine joined that waits. */
async function withPersonsOfMachines(db: QueryExecutorProvider): Promise<void> {
  await run(db, ['alter table machines add column person text']);
}

/** How many seconds a machine has, after it is let in, that waits. */
async function withExpiry(db: QueryExecutorProvider): Promise<void> {
  await run(db, ['alter table machines add column member_life integer']);
}

/**
 * What happened; how each tunnel was, in chunks of so many seconds a point (`step`), numbered by their beginning in units
 * of their own length; how far what happened was told to somebody.
 */
async function withHealth(db: QueryExecutorProvider, { serial }: Dialect): Promise<void> {
  await run(db, [
    `create table events (
      seq ${serial}, network text not null, at text not null, kind text not null, machine text,
      other text, service text, text text not null
    )`,
    'create index events_of on events (network, seq)',
    `create table history (
      network text not null, a text not null, b text not null, step integer not null,
      chunk integer not null, data text not null, primary key (network, a, b, step, chunk)
    )`,
    'create index history_age on history (step, chunk)',
    'create table cursors (name text primary key, seq integer not null)',
  ]);
}

/** Who is alerted and how far; of what; what is not well; of what nobody is alerted. */
async function withAlerts(db: QueryExecutorProvider, { serial }: Dialect): Promise<void> {
  await run(db, [
    `create table receivers (
      network text not null, name text not null, target text not null, filter text not null,
      made text not null, sent integer not null, state text not null, primary key (network, name)
    )`,
    `create table alerts (
      seq ${serial}, network text not null, at text not null, "is" text not null,
      severity text not null, kind text not null, since text not null, machine text, other text,
      service text, sites text, text text not null
    )`,
    'create index alerts_of on alerts (network, seq)',
    `create table troubles (
      network text not null, subject text not null, data text not null,
      primary key (network, subject)
    )`,
    `create table silences (
      id text primary key, network text not null, machine text, site text, began text not null,
      ends text not null, author text not null, why text
    )`,
  ]);
}

/** What machines told each of several servers last, for the others to read: it is told again all the time. */
async function withTold(db: QueryExecutorProvider, { fleeting }: Dialect): Promise<void> {
  await run(db, [
    `create ${fleeting} table told (
      network text not null, identity text not null, what text not null, server text not null,
      since text not null, version integer not null, at double precision not null,
      data text not null, primary key (network, identity, what)
    )`,
    'create index told_news on told (network, version)',
  ]);
}

/** When two machines shook hands last, by who they are and not by their names: a tunnel is `never` only as long as it was. */
async function withHandshakes(db: QueryExecutorProvider): Promise<void> {
  await run(db, [
    `create table handshakes (
      network text not null, a text not null, b text not null, at text not null,
      primary key (network, a, b)
    )`,
  ]);
}

async function run(db: QueryExecutorProvider, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
