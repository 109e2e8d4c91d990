import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { suite } from '../../../tests/support/suite.ts';
import { countLeases, leaseFile, prepareLeases } from './leases.ts';

const lease = (last: number): string =>
  `1900000000 02:00:00:00:00:${last} 10.9.0.${last} * 01:02:00:00:00:00:${last}\n`;
const good = `${lease(50)}duid 00:01:00:01:2a:00:00:00:02:00:00:00:00:01\n${lease(51)}`;

let folder: string;
const place = () => ({ stateFolder: folder, network: 'net', namespace: 'hw-net-lab' });
const file = (): string => leaseFile(place());
const read = (suffix = ''): string => readFileSync(`${file()}${suffix}`, 'latin1');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-leases-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(text: string | Buffer): void {
  mkdirSync(dirname(file()), { recursive: true });
  writeFileSync(file(), text);
}

describe('a file of leases', () => {
  test('is there and closed to others before the first lease, and stays as it is while it is well', () => {
    expect(prepareLeases(place())).toBe(file());
    expect([read(), statSync(file()).mode & 0o777]).toEqual(['', 0o600]);
    put(good);
    prepareLeases(place());
    expect([read(), existsSync(`${file()}.bad`)]).toEqual([good, false]);
    expect(countLeases(place(), 1_800_000_000)).toBe(2);
  });

  test.each([
    [
      'bytes that nobody wrote',
      Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 89) % 256)),
    ],
    ['half a line at its end', Buffer.from(lease(52).slice(0, 26))],
    ['nothing but zeros, as after a crash', Buffer.alloc(512)],
  ])('that has %s keeps what can be read, and is put aside whole', (_, bad) => {
    const whole = Buffer.concat([Buffer.from(good), bad]);
    put(whole);
    prepareLeases(place());
    expect(read()).toBe(good);
    expect(readFileSync(`${file()}.bad`).equals(whole)).toBe(true);
    prepareLeases(place());
    expect(read()).toBe(good);
  });

  test('with a folder in its place begins anew, and the folder is put aside', () => {
    mkdirSync(join(file(), 'odd'), { recursive: true });
    prepareLeases(place());
    expect([read(), existsSync(join(`${file()}.bad`, 'odd'))]).toEqual(['', true]);
  });

  test('that was being put aside when the power went is not begun anew', () => {
    put(good);
    writeFileSync(`${file()}.good`, good);
    rmSync(file());
    prepareLeases(place());
    expect([read(), existsSync(`${file()}.good`)]).toEqual([good, false]);
  });
});

suite('a file of leases on a disk of its own', { needs: ['root'] }, () => {
  beforeEach(() => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'hawser-test', folder]);
  });
  afterEach(() => {
    execFileSync('umount', [folder]);
  });

  test('that is full is told, nothing of it is lost, and it is mended when there is room', () => {
    const bad = `half a li\n${good}`;
    put(bad);
    const filler = join(folder, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(1 << 16))).toThrow('ENOSPC');
    expect(() => prepareLeases(place())).toThrow(
      expect.objectContaining({
        code: 'host/leases-closed',
        message: expect.stringContaining('no space left on device'),
      }),
    );
    expect([read(), existsSync(`${file()}.bad`)]).toEqual([bad, false]);
    rmSync(filler);
    prepareLeases(place());
    expect([read(), read('.bad')]).toEqual([good, bad]);
  });

  test('that nobody may write is told', () => {
    put(`half a li\n${good}`);
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    expect(() => prepareLeases(place())).toThrow(
      expect.objectContaining({
        code: 'host/leases-closed',
        message: expect.stringContaining('read-only file system'),
      }),
    );
  });
});
