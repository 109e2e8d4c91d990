import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { listLabs } from './registry.ts';

let folder: string;
const before = process.env['HAWSER_LABS'];
const labs = (): string => join(folder, 'labs');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-registry-'));
  process.env['HAWSER_LABS'] = labs();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  if (before === undefined) delete process.env['HAWSER_LABS'];
  else process.env['HAWSER_LABS'] = before;
});

test('a folder of labs need not be there, and is read when it is ours', async () => {
  await expect(listLabs()).resolves.toEqual([]);
  mkdirSync(labs(), { mode: 0o700 });
  await expect(listLabs()).resolves.toEqual([]);
});

test('a folder of labs that others may enter is refused', async () => {
  mkdirSync(labs());
  chmodSync(labs(), 0o755);
  await expect(listLabs()).rejects.toThrow('is open to others (mode 755)');
});

test('a link in the place of the folder of labs is refused', async () => {
  mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 });
  symlinkSync(join(folder, 'elsewhere'), labs());
  await expect(listLabs()).rejects.toThrow('is no folder');
});

suite('somebody else', { needs: ['root'] }, () => {
  test('has a folder of labs that is refused', async () => {
    mkdirSync(labs(), { mode: 0o700 });
    chownSync(labs(), 65_534, 65_534);
    await expect(listLabs()).rejects.toThrow('belongs to user 65534');
  });
});
