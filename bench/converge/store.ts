import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { emptyFacts } from '#compile';
import { type NewRevision, openStore } from '#server';
import { type Bench, type BenchResult, interleaved, timed } from '../bench.ts';

/** Commits a measurement. */
const commits = 200;
const rounds = 9;

/** A network's file of usual size: 5 kB. */
const text = '# a line as long as most of them are in a file\n'.repeat(105);

const revision = (n: number): NewRevision => ({
  kind: 'apply',
  at: new Date().toISOString(),
  author: 'ada',
  why: 'measured',
  state: 'applied',
  summary: ['hub gets a peer'],
  files: { entry: 'hawser.yaml', files: { 'hawser.yaml': `${text}# ${n}\n` } },
  facts: emptyFacts,
});

const perSecond = (milliseconds: number): number => (commits / milliseconds) * 1_000;

/** One row a commit, with the same durability. */
function rawDatabase(file: string) {
  const database = new Sqlite(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('create table rows (id integer primary key, value text)');
  const insert = database.prepare('insert into rows (value) values (?)');
  return {
    commit: (): void => {
      for (let n = 0; n < commits; n++) insert.run('one row');
    },
    close: () => database.close(),
  };
}

/** A revision and the note of who made it, as `apply` writes them: counter, network, revision, audit. */
async function acknowledgedCommits(): Promise<BenchResult> {
  // Beside the checkout: what lies in /tmp may be memory, where a commit costs nothing.
  const cache = join(import.meta.dirname, '../../.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-store-'));
  const store = await openStore({ data: join(folder, 'data') });
  const raw = rawDatabase(join(folder, 'raw.db'));
  try {
    await store.write((tx) => tx.createNetwork('net', randomUUID(), revision(0)));
    const applies = async (): Promise<void> => {
      for (let n = 0; n < commits; n++) {
        await store.write(async (tx) => {
          const { number } = await tx.addRevision('net', revision(n));
          const at = new Date().toISOString();
          const entry = { at, actor: 'ada', action: 'apply', network: 'net', revision: number };
          await tx.addAudit({ ...entry, detail: { summary: [] } });
        });
      }
    };
    const pairs = await interleaved(
      rounds,
      async () => perSecond(await timed(applies)),
      async () => perSecond(await timed(raw.commit)),
    );
    return { ...pairs, unit: '/s', reached: pairs.ratio >= 0.4 };
  } finally {
    raw.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

export const benches: readonly Bench[] = [
  {
    name: 'acknowledged revisions a second in SQLite',
    target: '>= 0.4 x raw single-row commits on the same disk',
    run: acknowledgedCommits,
  },
];
