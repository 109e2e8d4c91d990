/**
 * Keeps a store of the schema version that is newest now, as both engines write it, with what can be
 * read from it: src/server/store/dumps/VERSION.*. Run once for each version, before it is released; what
 * is kept never changes. Needs PostgreSQL and sqlite3.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type StorePlace } from '#server';
import { PostgresCluster } from '../tests/support/postgres.ts';
import { contentOf, fillStore } from '../tests/support/stored.ts';

const dumps = join(import.meta.dirname, '../src/server/store/dumps');

async function filled(place: StorePlace): Promise<string> {
  const store = await openStore(place);
  try {
    await fillStore(store);
    return `${JSON.stringify(await contentOf(store), null, 2)}\n`;
  } finally {
    await store.close();
  }
}

/** Without pg_dump's commands for psql, so that any client can run it. */
const asSql = (text: string): string => text.replaceAll(/^\\.*\n/gm, '');

const folder = mkdtempSync(join(tmpdir(), 'hawser-keep-'));
const cluster = await PostgresCluster.open();
try {
  const database = await cluster.createDatabase();
  const content = await filled({ data: folder });
  if ((await filled({ database: cluster.url(database) })) !== content) {
    throw new Error('the engines differ');
  }
  const [{ version }] = (await cluster.query(database, 'select version from schema_version')) as [
    { readonly version: number },
  ];
  const words = ['--no-owner', '--inserts', cluster.url(database)];
  const keep = (name: string, text: string): void => {
    writeFileSync(join(dumps, `${version}.${name}`), text, { flag: 'wx' });
  };
  keep('json', content);
  keep(
    'sqlite.sql',
    execFileSync('sqlite3', [join(folder, 'hawser.db'), '.dump'], { encoding: 'utf8' }),
  );
  keep('postgres.sql', asSql(execFileSync('pg_dump', words, { encoding: 'utf8' })));
  process.stdout.write(`${readdirSync(dumps).join(' ')}\n`);
} finally {
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
}
