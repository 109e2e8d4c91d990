import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { databaseOf } from './database.ts';

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

  test('is what is said, else what a file holds, else what the environment says', () => {
    const databaseFile = join(folder, 'url');
    writeFileSync(databaseFile, 'postgres://hawser:of-file@db/hawser\n');
    expect(databaseOf({})).toBeUndefined();
    vi.stubEnv('HAWSER_DATABASE', 'postgres://hawser:of-env@db/hawser');
    expect(databaseOf({})).toContain('of-env');
    expect(databaseOf({ databaseFile })).toBe('postgres://hawser:of-file@db/hawser');
    expect(databaseOf({ database: 'postgres://db/hawser', databaseFile })).toBe(
      'postgres://db/hawser',
    );
    expect(told).toBe('');
    expect(() => databaseOf({ databaseFile: join(folder, 'none') })).toThrow('it is not there');
  });

  test('is warned of, without its password, where all can read that', () => {
    databaseOf({ database: 'postgres://hawser:of-argv@db/hawser' });
    expect(told).toContain('cli/password-in-argv');
    expect(told).not.toContain('of-argv');
  });
});
