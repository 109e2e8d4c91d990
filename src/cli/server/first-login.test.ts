import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { suite } from '../../../tests/support/suite.ts';
import { readContexts } from '../remote/contexts.ts';
import { logInFor } from './first-login.ts';

/** nobody, who has no more rights than anybody. */
const id = 65_534;
const context = { token: 'hawser-admin-x', server: 'https://127.0.0.1:7443' };

suite('whoever is behind sudo', { needs: ['root'] }, () => {
  let folder: string;
  let home: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hawser-sudo-'));
    chmodSync(folder, 0o755);
    home = join(folder, 'home');
    mkdirSync(home);
    chownSync(home, id, id);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const logIn = (): void => logInFor({ home, uid: id, gid: id }, context);

  test('is logged in, in a file of his own that nobody else may read', () => {
    logIn();
    const file = join(home, '.config/hawser/contexts.json');
    expect(readContexts(file).contexts).toEqual({ local: context });
    const { uid, mode } = statSync(file);
    expect([uid, mode & 0o777]).toEqual([id, 0o600]);
    expect(process.geteuid?.()).toBe(0);
  });

  test('keeps the token of the first server on this machine where a second begins', () => {
    const second = { token: 'hawser-admin-y', server: 'https://127.0.0.1:7444' };
    logIn();
    logInFor({ home, uid: id, gid: id }, second);
    const again = { ...context, token: 'hawser-admin-z' };
    logInFor({ home, uid: id, gid: id }, again);
    const { contexts } = readContexts(join(home, '.config/hawser/contexts.json'));
    expect(contexts).toEqual({ local: again, '127.0.0.1:7444': second });
  });

  test('does not get what is not his by a link to it', () => {
    const victim = join(folder, 'victim');
    mkdirSync(victim, { mode: 0o755 });
    mkdirSync(join(home, '.config'));
    symlinkSync(victim, join(home, '.config/hawser'));
    expect(logIn).toThrow(expect.objectContaining({ code: 'cli/write-failed' }));
    const { uid, mode } = statSync(victim);
    expect([uid, mode & 0o777, readdirSync(victim)]).toEqual([0, 0o755, []]);
    expect(process.geteuid?.()).toBe(0);
  });
});
