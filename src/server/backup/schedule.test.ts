import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Secret } from '#base';
import { newRevision } from '../store/compliance.ts';
import { openStore, type Store } from '../store/index.ts';
import { verifyBackup } from './restore.ts';
import { Backups } from './schedule.ts';
import { writeBackup } from './write.ts';

const hour = 3_600_000;
const passphrase = new Secret('correct horse battery staple');

let data: string;
let folder: string;
let store: Store;
let now: number;
const lines: string[] = [];
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'hawser-schedule-'));
  folder = join(data, 'backups');
  store = await openStore({ data });
  await store.write((tx) => tx.createNetwork('net', 'e', newRevision('one')));
  now = Date.parse('2026-11-20T12:00:00Z');
  lines.length = 0;
});
afterEach(async () => {
  await store.close();
  rmSync(data, { recursive: true, force: true });
});

const log = pino({}, { write: (line: string) => lines.push(line) });
const clock = (): Date => new Date(now);
const backups = (keep = 14, to = folder): Backups =>
  new Backups({
    plan: { folder: to, every: 24 * hour, keep, passphrase },
    write: async (file, under) => writeBackup({ data }, file, { passphrase: under, clock }),
    store,
    clock,
    log,
  });

test('a backup is made at once, and the next when it is time, after a restart too', async () => {
  const first = backups();
  await first.close();
  expect(readdirSync(folder)).toEqual(['hawser-2026-11-20T12-00-00Z.backup']);
  now += 23 * hour;
  const second = backups();
  expect(await second.look()).toBeUndefined();
  now += hour;
  const file = await second.look();
  expect(file).toBe(join(folder, 'hawser-2026-11-21T12-00-00Z.backup'));
  expect((await verifyBackup(file ?? '', passphrase)).networks).toHaveLength(1);
  await second.close();
});

test('only the newest are kept, and other files are left alone', async () => {
  const running = backups(2);
  await running.look();
  writeFileSync(join(folder, 'hawser-by-hand.backup'), '');
  for (let day = 0; day < 2; day++) {
    now += 24 * hour;
    await running.look();
  }
  await running.close();
  expect(readdirSync(folder).toSorted()).toEqual([
    'hawser-2026-11-21T12-00-00Z.backup',
    'hawser-2026-11-22T12-00-00Z.backup',
    'hawser-by-hand.backup',
  ]);
});

test('of two servers on one store one makes it', async () => {
  const both = [backups(), backups(14, join(data, 'other'))];
  const files = await Promise.all(both.map((one) => one.look()));
  for (const one of both) await one.close();
  expect(files).toEqual([undefined, undefined]);
  expect(lines.filter((line) => line.includes('made a backup'))).toHaveLength(1);
});

test('one that could not be made is logged and tried again, without the passphrase in the log', async () => {
  writeFileSync(folder, 'a file where the folder should be');
  const running = backups();
  expect(await running.look()).toBeUndefined();
  rmSync(folder);
  expect(await running.look()).toBeDefined();
  await running.close();
  expect(lines.filter((line) => line.includes('no backup could be made'))).toHaveLength(2);
  expect(lines.join('')).not.toContain('horse');
});

test('a clock that was wrong for a while keeps no backup from being made, and takes none away', async () => {
  const running = backups(1);
  now += 365 * 24 * hour;
  await running.look();
  now -= 365 * 24 * hour;
  const file = await running.look();
  expect(file).toBe(join(folder, 'hawser-2026-11-20T12-00-00Z.backup'));
  expect(readdirSync(folder)).toEqual(['hawser-2026-11-20T12-00-00Z.backup']);
  await running.close();
});
