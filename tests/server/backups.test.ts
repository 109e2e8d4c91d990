import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { Person } from './local.ts';
import type { Running } from './world.ts';

const passphrase = 'correct horse battery';
let ann: Person;
let program: Running | undefined;
beforeEach(() => {
  ann = new Person();
  ann.write('passphrase', `${passphrase}\n`);
});
afterEach(async () => {
  await program?.end('SIGKILL');
  ann[Symbol.dispose]();
});

const place = ['--data', 'data', '--listen', '127.0.0.1:0', '--address', '127.0.0.1', '--no-join'];
const schedule = ['--backup-every', '1d', '--passphrase-file', 'passphrase'];

test('a server makes backups by itself, which can be verified', async () => {
  program = ann.start('server', ...place, ...schedule);
  const folder = join(ann.home, 'data/backups');
  const name = await until('there is a backup', () =>
    readdirSync(folder).find((one) => one.endsWith('Z.backup')),
  );
  const file = join('data/backups', name);
  expect(ann.must('backup', 'verify', file, '--passphrase-file', 'passphrase')).toContain('sound');
});

test('a short passphrase, or a time that is none, is refused before anything starts', () => {
  const missing = ann.hawser([
    'server',
    ...place,
    '--backup-every',
    '1d',
    '--passphrase-file',
    'no',
  ]);
  expect([missing.code, missing.err]).toEqual([
    2,
    expect.stringContaining('cli/passphrase-unreadable'),
  ]);
  ann.write('passphrase', 'short\n');
  expect(ann.hawser(['server', ...place, ...schedule]).err).toContain('cli/short-passphrase');
  const wrong = ann.hawser(['server', ...place, '--backup-every', 'often']);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('a duration is expected')]);
  expect(readdirSync(ann.home)).toEqual(['passphrase']);
});
