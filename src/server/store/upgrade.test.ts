import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PostgresCluster } from '../../../tests/support/postgres.ts';
import { contentOf } from '../../../tests/support/stored.ts';
import { suite } from '../../../tests/support/suite.ts';
import { newRevision } from './compliance.ts';
import { migrate, schemaVersion } from './migrate.ts';
import { migrations } from './migrations.ts';
import { connect, openStore, type StorePlace } from './open.ts';
import { databaseFile } from './sqlite.ts';

const folder = join(import.meta.dirname, 'dumps');
const kept = (name: string): string => readFileSync(join(folder, name), 'utf8');
const versions = migrations.map((_, n) => n + 1);

test('a store of every schema version is kept', () => {
  const names = versions.flatMap((v) => [`${v}.json`, `${v}.postgres.sql`, `${v}.sqlite.sql`]);
  expect(readdirSync(folder).toSorted()).toEqual(names.toSorted());
});

/** An empty database and a way to run SQL in it as an older Hawser left it. */
interface Place {
  readonly place: StorePlace;
  readonly run: (text: string) => Promise<void>;
}

const broken = [
  ...migrations,
  async (db: Parameters<(typeof migrations)[number]>[0]) => {
    await sql`create table half (a integer)`.execute(db);
    await sql`update networks set facts = 'lost'`.execute(db);
    await sql`no sql at all`.execute(db);
  },
];

function upgrades(engine: 'sqlite' | 'postgres', open: () => Promise<Place>): void {
  for (const version of versions) {
    test(`a store of schema ${version} has all it had, and works, after an upgrade`, async () => {
      const { place, run } = await open();
      await run(kept(`${version}.${engine}.sql`));
      const store = await openStore(place);
      expect(await contentOf(store)).toEqual(JSON.parse(kept(`${version}.json`)));
      const next = await store.write((tx) => tx.addRevision('kept', newRevision('next')));
      expect(next).toEqual({ epoch: 'epoch-2', number: 4 });
      const entry = { at: newRevision('').at, actor: 'ada', action: 'apply', detail: null };
      await store.write((tx) => tx.addAudit(entry));
      const entries = await store.read((tx) => tx.audit({ limit: 10 }));
      expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
      await store.close();
    });
  }

  test('an upgrade that fails leaves the store as it was', async () => {
    const { place, run } = await open();
    await run(kept(`${migrations.length}.${engine}.sql`));
    const raw = await connect(place);
    const upgrade = raw.restructure((db) => migrate(db, raw, { migrations: broken }));
    await expect(upgrade).rejects.toThrow(/syntax/);
    expect(await raw.restructure((db) => schemaVersion(db))).toBe(migrations.length);
    await expect(raw.write((db) => sql`select * from half`.execute(db))).rejects.toThrow('half');
    await raw.close();
    const store = await openStore(place);
    expect(await contentOf(store)).toEqual(JSON.parse(kept(`${migrations.length}.json`)));
    await store.close();
  });

  test('a store of a newer Hawser is left alone', async () => {
    const { place, run } = await open();
    await run(kept(`${migrations.length}.${engine}.sql`));
    await run(`update schema_version set version = ${migrations.length + 1}`);
    await expect(openStore(place)).rejects.toMatchObject({ code: 'server/store-newer' });
  });
}

describe('SQLite', () => {
  let data: string;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'hawser-upgrade-'));
  });
  afterEach(() => rmSync(data, { recursive: true, force: true }));

  upgrades('sqlite', async () => ({
    place: { data },
    run: async (text) => {
      const database = new Database(databaseFile(data));
      database.exec(text);
      database.close();
    },
  }));

  test('a server waits for another process that writes, and serves others meanwhile', async () => {
    const store = await openStore({ data });
    const other = new Database(databaseFile(data));
    other.exec('begin immediate');
    const writing = store.write((tx) => tx.putSetting('a', 'b'));
    expect(await store.read((tx) => tx.setting('a'))).toBeUndefined();
    other.exec('commit');
    await writing;
    expect(await store.read((tx) => tx.setting('a'))).toBe('b');
    other.close();
    await store.close();
  });
});

suite('PostgreSQL', { needs: ['postgresql'] }, () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.open();
  });
  afterAll(() => cluster.close());

  upgrades('postgres', async () => {
    const name = await cluster.createDatabase();
    return {
      place: { database: cluster.url(name) },
      run: async (text) => {
        await cluster.query(name, text);
      },
    };
  });
});
