import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeShared } from './write.ts';

test('what lies in the place of a draft is neither followed nor kept', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-write-'));
  try {
    const [file, victim] = [join(folder, 'home.backup'), join(folder, 'victim')];
    writeFileSync(victim, 'of somebody else', { mode: 0o666 });
    symlinkSync(victim, `${file}.${process.pid}.new`);
    writeShared(file, 'secret', 0o600);
    expect(readFileSync(victim, 'utf8')).toBe('of somebody else');
    expect([lstatSync(file).isFile(), statSync(file).mode & 0o777]).toEqual([true, 0o600]);
    expect(readdirSync(folder).sort()).toEqual(['home.backup', 'victim']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
