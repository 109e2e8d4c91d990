import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type StoreFixture, storeCompliance } from './compliance.ts';
import { openStore } from './open.ts';
import { databaseFile } from './sqlite.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'hawser-store-'));

async function fixture(): Promise<StoreFixture> {
  const data = newFolder();
  return {
    open: () => openStore({ data }),
    close: async () => rmSync(data, { recursive: true, force: true }),
  };
}

storeCompliance('SQLite', fixture);

test('only its owner can read what a server keeps', async () => {
  const folder = newFolder();
  const data = join(folder, 'data');
  const store = await openStore({ data });
  await store.write((tx) => tx.putSetting('ca', 'secret'));
  const modes = [data, databaseFile(data), `${databaseFile(data)}-wal`].map(
    (path) => statSync(path).mode & 0o777,
  );
  expect(modes).toEqual([0o700, 0o600, 0o600]);
  await store.close();
  rmSync(folder, { recursive: true });
});

test('a file that is no database is not taken for an empty one', async () => {
  const data = newFolder();
  writeFileSync(databaseFile(data), 'no database at all, but long enough to be one'.repeat(99));
  await expect(openStore({ data })).rejects.toMatchObject({ code: 'server/store-unreadable' });
  rmSync(data, { recursive: true });
});
