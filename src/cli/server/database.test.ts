import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { databaseFileOption, databaseOf, databaseOption } from './database.ts';

/** What a command takes for its database that is called with these arguments. */
function databaseFor(...argv: readonly string[]): string | undefined {
  const command = new Command()
    .option('--data <dir>', 'where everything is kept', '/var/lib/hawser-server')
    .option(...databaseOption)
    .option(...databaseFileOption)
    .parse(argv, { from: 'user' });
  return databaseOf(command.opts(), command);
}

describe('the database of a server', () => {
  let folder: string;
  let told: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hawser-database-'));
    told = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      told += String(text);
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  const fileWith = (text: string): string => {
    const file = join(folder, 'url');
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };

  test('may say where its password is kept', () => {
    vi.stubEnv('PGPASSFILE', '/nowhere');
    const url = 'postgres://hawser@db/hawser?passfile=/etc/hawser/pgpass';
    expect(databaseFor('--database', url)).toBe(url);
    expect([process.env['PGPASSFILE'], told]).toEqual(['/etc/hawser/pgpass', '']);
  });

  test('is what is said, else what a file holds, else what the environment says', () => {
    const file = fileWith('postgres://hawser:of-file@db/hawser\n');
    expect(databaseFor()).toBeUndefined();
    vi.stubEnv('HAWSER_DATABASE', 'postgres://hawser:of-env@db/hawser');
    expect(databaseFor()).toContain('of-env');
    expect(databaseFor('--database-file', file)).toBe('postgres://hawser:of-file@db/hawser');
    const url = 'postgres://db/hawser';
    expect(databaseFor('--database', url, '--database-file', file, '--data', folder)).toBe(url);
    expect(told).toBe('');
  });

  test('is not that of the environment where a folder is said', () => {
    vi.stubEnv('HAWSER_DATABASE', 'postgres://hawser:of-env@db/hawser');
    expect(databaseFor('--data', folder)).toBeUndefined();
    expect(told).toContain('cli/database-ignored');
  });

  test('is not guessed from a file without its address', () => {
    const from = (file: string) => () => databaseFor('--database-file', file);
    expect(from(join(folder, 'none'))).toThrow('it is not there');
    for (const text of [
      '',
      '\n',
      'HAWSER_DATABASE=postgres://db/a',
      'postgres://db/a\npostgres://db/b',
    ])
      expect(from(fileWith(text))).toThrow('it holds no postgres:// URL');
  });

  test('is warned of, without its password, where all can read that', () => {
    for (const url of [
      'postgres://hawser:of-argv@/hawser',
      'postgres://db/hawser?password=of-argv',
    ]) {
      told = '';
      databaseFor('--database', url);
      expect(told).toContain('cli/password-in-argv');
      expect(told).not.toContain('of-argv');
    }
    const file = fileWith('postgres://hawser:of-file@db/hawser');
    chmodSync(file, 0o644);
    databaseFor('--database-file', file);
    expect(told).toContain('cli/password-in-open-file');
    expect(told).not.toContain('of-file');
  });
});
