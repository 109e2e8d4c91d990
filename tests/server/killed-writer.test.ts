import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyFacts } from '#compile';
import { openStore, type StorePlace } from '#server';
import { PostgresCluster } from '../support/postgres.ts';
import { suite } from '../support/suite.ts';

/** Commits to make in all, and how many at most before each kill. */
const commits = 1_000;
const most = 150;

const program = join(import.meta.dirname, 'committing.ts');

/** Lets a writer commit so often, kills it, and gives the last number it acknowledged. */
async function writeUntilKilled(place: StorePlace, count: number): Promise<number> {
  const child = spawn(process.execPath, [program, JSON.stringify(place)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    said += part;
    if (said.split('\n').length > count) child.kill('SIGKILL');
  });
  await closed;
  expect(child.signalCode).toBe('SIGKILL');
  return Number(said.trimEnd().split('\n').at(-1));
}

/** What a write puts into five tables, which must agree. */
const traces = async (place: StorePlace) => {
  const store = await openStore(place);
  try {
    return await store.read(async (tx) => {
      const network = await tx.network('net');
      return {
        current: network?.revision.number,
        file: network?.files.files['hawser.yaml']?.split('\n')[0],
        fact: network?.facts.ledger.tombstones['10.0.0.1'],
        setting: await tx.setting('last'),
        numbers: (await tx.revisions('net', { limit: 10_000 })).map(({ id }) => id.number),
        audited: (await tx.audit({ after: 0, limit: 10_000 })).map(({ revision }) => revision),
      };
    });
  } finally {
    await store.close();
  }
};

const upTo = (last: number): number[] => Array.from({ length: last }, (_, n) => n + 1);

async function killAgainAndAgain(place: StorePlace): Promise<void> {
  const store = await openStore(place);
  await store.write((tx) =>
    tx.createNetwork('net', 'e', {
      kind: 'create',
      at: new Date().toISOString(),
      author: 'ada',
      why: '',
      state: 'applied',
      summary: [],
      files: { entry: 'hawser.yaml', files: {} },
      facts: emptyFacts,
    }),
  );
  await store.close();
  let last = 1;
  for (let round = 1; last < commits; round++) {
    const acknowledged = await writeUntilKilled(place, 1 + ((round * 61) % most));
    const found = await traces(place);
    last = found.current ?? 0;
    // One more may be there that was committed and not yet acknowledged; never one fewer.
    expect(last - acknowledged === 0 || last - acknowledged === 1).toBe(true);
    expect(found).toEqual({
      current: last,
      file: `# ${last}`,
      fact: last,
      setting: `${last}`,
      numbers: upTo(last).toReversed(),
      audited: upTo(last).slice(1),
    });
  }
}

test('of 1,000 commits by a server that is killed again and again, none is lost and none is half', async () => {
  const data = mkdtempSync(join(tmpdir(), 'hawser-killed-'));
  try {
    await killAgainAndAgain({ data });
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});

suite('on PostgreSQL', { needs: ['postgresql'] }, () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.open();
  });
  afterAll(() => cluster.close());

  test('the same', async () => {
    await killAgainAndAgain({ database: cluster.url(await cluster.createDatabase()) });
  });
});
