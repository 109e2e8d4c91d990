import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatToken } from '#api';
import { Secret } from '#base';
import { findAccess, serverUrl } from './access.ts';
import {
  contextsFile,
  noContexts,
  readContexts,
  withContext,
  withoutContext,
  writeContexts,
} from './contexts.ts';

const token = (secret: string): string =>
  formatToken({
    role: 'operator',
    servers: ['https://192.0.2.1:7443', 'https://[2001:db8::1]:7443'],
    pin: 'p'.repeat(44),
    secret: new Secret(secret.padEnd(16, '0')),
  });

describe('where one is logged in', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hawser-contexts-'));
    vi.stubEnv('XDG_CONFIG_HOME', folder);
    vi.stubEnv('HAWSER_TOKEN', '');
    vi.stubEnv('HAWSER_SERVER', '');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  test('is kept for this user alone', () => {
    writeContexts(withContext(noContexts, 'home', { token: token('one') }));
    expect(statSync(contextsFile()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'hawser')).mode & 0o777).toBe(0o700);
    expect(readContexts().contexts['home']).toEqual({ token: token('one') });
  });

  test('is the last login unless said', () => {
    const first = withContext(noContexts, 'home', { token: token('one') });
    writeContexts(withContext(first, 'work', { token: token('two'), network: 'lab' }));
    expect(findAccess({}).token.reveal()).toContain('two');
    expect(findAccess({}).network).toBe('lab');
    expect(findAccess({ context: 'home' }).token.reveal()).toContain('one');
    expect(() => findAccess({ context: 'hme' })).toThrow('no context hme');
  });

  test('is nowhere after the logout', () => {
    const one = withContext(noContexts, 'home', { token: token('one') });
    writeContexts(withoutContext(one, 'home'));
    expect(() => findAccess({})).toThrow('none is known here');
  });

  test('is what the environment says, before contexts that were not named', () => {
    writeContexts(withContext(noContexts, 'home', { token: token('one') }));
    vi.stubEnv('HAWSER_SERVER', 'hawser.example');
    expect(findAccess({}).servers).toEqual(['https://hawser.example:7443']);
    vi.stubEnv('HAWSER_TOKEN', token('env'));
    expect(findAccess({}).token.reveal()).toContain('env');
    const named = findAccess({ context: 'home' });
    expect(named.token.reveal()).toContain('one');
    expect(named.servers).toHaveLength(2);
  });

  test('is an error, not nowhere, where the file is damaged', () => {
    writeContexts(noContexts);
    writeFileSync(contextsFile(), '{"contexts": []}');
    expect(() => readContexts()).toThrow('cannot be read');
  });

  test.each([
    ['203.0.113.10', 'https://203.0.113.10:7443'],
    ['hawser.example:443', 'https://hawser.example'],
    ['https://[2001:db8::1]:9000/', 'https://[2001:db8::1]:9000'],
  ])('%s is the server %s', (text, url) => {
    expect(serverUrl(text)).toBe(url);
  });

  test.each(['http://x', 'https://x/path', 'https://user@x', 'a b'])('%s is no server', (text) => {
    expect(() => serverUrl(text)).toThrow('no address of a server');
  });
});
