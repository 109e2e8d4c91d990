import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { suite } from '../../../tests/support/suite.ts';
import { readShared, replaceShared } from './replace-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-hosts-'));
  file = join(folder, 'hosts');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a shared file keeps its mode and bytes of any kind, and nothing lies beside it', () => {
  writeFileSync(file, Buffer.from([0xff, 0xe9, 10]));
  chmodSync(file, 0o664);
  replaceShared(file, `${readShared(file)}10.0.0.1 hub\n`);
  expect(readFileSync(file)).toEqual(Buffer.from('\xff\xe9\n10.0.0.1 hub\n', 'latin1'));
  expect(statSync(file).mode & 0o777).toBe(0o664);
  expect(readdirSync(folder)).toEqual(['hosts']);
});

test('it is another file, so that whoever reads has the old one or the new one whole', () => {
  writeFileSync(file, 'before\n');
  const { ino } = statSync(file);
  replaceShared(file, 'after\n');
  expect(statSync(file).ino).not.toBe(ino);
});

test('one that is not there comes with the mode of its kind, and goes again', () => {
  expect(readShared(file)).toBeUndefined();
  replaceShared(file, 'x\n');
  expect(statSync(file).mode & 0o777).toBe(0o644);
  replaceShared(file, undefined);
  expect(existsSync(file)).toBe(false);
});

test('a link stays a link', () => {
  const real = join(folder, 'real');
  writeFileSync(real, 'before\n');
  symlinkSync(real, file);
  replaceShared(file, 'after\n');
  expect(readlinkSync(file)).toBe(real);
  expect(readFileSync(real, 'utf8')).toBe('after\n');
});

test('what cannot be written is told with its path', () => {
  const nowhere = join(folder, 'none', 'hosts');
  expect(() => replaceShared(nowhere, 'x')).toThrow(
    expect.objectContaining({ code: 'host/file-closed' }),
  );
});

/** Says what became of a text of 10,000 bytes where a file may have 4,096 of them. */
const crowded = (...before: readonly string[]): string => {
  const from = JSON.stringify(join(import.meta.dirname, 'replace-file.ts'));
  const script = `import { replaceShared } from ${from};
    try { replaceShared(${JSON.stringify(file)}, 'x'.repeat(10_000)); } catch (error) { console.log(error.code); }`;
  const node = [process.execPath, '--input-type=module', '--eval', script];
  const [program = '', ...args] = [...before, 'prlimit', '--fsize=4096', ...node];
  return execFileSync(program, args, { encoding: 'utf8' }).trim();
};

test('a disk that takes only a part of the text leaves the file as it was', () => {
  writeFileSync(file, 'before\n');
  expect(crowded()).toBe('host/file-closed');
  expect(readFileSync(file, 'utf8')).toBe('before\n');
  expect(readdirSync(folder)).toEqual(['hosts']);
});

suite('a file in whose place none can be put', { needs: ['root'] }, () => {
  test('is as it was, too, where there was no room for another text', () => {
    writeFileSync(file, 'before\n');
    const mounted = ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" "$0" && exec "$@"', file];
    expect(crowded(...mounted)).toBe('host/file-closed');
    expect(readFileSync(file, 'utf8')).toBe('before\n');
    expect(readdirSync(folder)).toEqual(['hosts']);
  });

  test('is written by each of two that have their own over the same folder, at the same time', async () => {
    writeFileSync(file, 'everybody\n');
    const from = JSON.stringify(join(import.meta.dirname, 'replace-file.ts'));
    const script = `import { replaceShared } from ${from};
      for (let i = 0; i < 300; i += 1) replaceShared(${JSON.stringify(file)}, process.argv[1] + i);`;
    const write = (own: string) =>
      promisify(execFile)('unshare', [
        ...['-m', 'sh', '-ec', 'mount --bind "$0" "$1"; shift; exec "$@"', own, file],
        ...[process.execPath, '--input-type=module', '--eval', script, own],
      ]);
    const both = ['one', 'other'].map((name) => join(folder, name));
    for (const own of both) writeFileSync(own, '');
    await Promise.all(both.map(write));
    expect(both.map((own) => readFileSync(own, 'utf8'))).toEqual(both.map((own) => `${own}299`));
    expect(readFileSync(file, 'utf8')).toBe('everybody\n');
  });
});
