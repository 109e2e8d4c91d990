import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PrivateFiles } from './private-files.ts';

let files: PrivateFiles;
beforeEach(() => {
  files = new PrivateFiles(mkdtempSync(join(tmpdir(), 'hawser-private-')));
});
afterEach(() => rmSync(files.folder, { recursive: true }));

const modeOf = (name: string): number => statSync(files.path(name)).mode & 0o777;

test('folders and files are closed to all others, and what is not there is nothing', () => {
  files.write('keys/net/0.key', 'a');
  expect(['keys/net', 'keys/net/0.key'].map(modeOf)).toEqual([0o700, 0o600]);
  expect([files.read('keys/net/0.key'), files.list('keys')]).toEqual(['a', ['net']]);
  expect([files.read('keys/other/0.key'), files.list('nothing')]).toEqual([undefined, []]);
});

test('of two that make a file at once, one wins, and nothing else is left', () => {
  files.writeNew('identity.key', 'first');
  files.writeNew('identity.key', 'second');
  expect(files.read('identity.key')).toBe('first');
  expect(readdirSync(files.folder)).toEqual(['identity.key']);
});
