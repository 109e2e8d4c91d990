import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffFileSets, diffTexts } from './text-diff.ts';

/** What a unified diff makes of a text. */
function patched(text: string, diff: readonly string[]): string {
  const old = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const made: string[] = [];
  let at = 0;
  for (const line of diff) {
    const header = /^@@ -(\d+),(\d+) /.exec(line);
    if (header) {
      const first = Number(header[1]) - (header[2] === '0' ? 0 : 1);
      made.push(...old.slice(at, first));
      at = first;
    } else if (line.startsWith('+')) made.push(line.slice(1));
    else {
      expect(old[at]).toBe(line.slice(1));
      if (line.startsWith(' ')) made.push(line.slice(1));
      at++;
    }
  }
  return [...made, ...old.slice(at)].map((line) => `${line}\n`).join('');
}

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', 'sites:', '  x: 1'), { maxLength: 40 })
  .map((lines) => lines.map((line) => `${line}\n`).join(''));

describe('the difference of two texts', () => {
  test('makes the one into the other', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(patched(a, diffTexts(a, b))).toBe(b);
      }),
    );
  });

  test('is as small as what diff -u finds', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hawser-diff-'));
    const counted = (lines: readonly string[]) => lines.filter((l) => /^[+-]/.test(l)).length;
    fc.assert(
      fc.property(text, text, (a, b) => {
        writeFileSync(join(folder, 'a'), a);
        writeFileSync(join(folder, 'b'), b);
        const { stdout } = spawnSync('diff', ['-d', '-u', 'a', 'b'], { cwd: folder });
        const theirs = stdout.toString().split('\n').slice(2);
        expect(counted(diffTexts(a, b))).toBeLessThanOrEqual(counted(theirs));
      }),
      { numRuns: 30 },
    );
    rmSync(folder, { recursive: true });
  });

  test('of two that have nothing in common is said without searching for ever', () => {
    const lines = (name: string) =>
      Array.from({ length: 5000 }, (_, i) => `${name} ${i}\n`).join('');
    expect(diffTexts(lines('a'), lines('b'))).toHaveLength(10_001);
  });

  test('of files names those that came, went or changed', () => {
    const a = { entry: 'net.yaml', files: { 'net.yaml': 'a\nb\n', 'sites/old.yaml': 'x\n' } };
    const b = { entry: 'mine.yaml', files: { 'mine.yaml': 'a\nc\n', 'sites/new.yaml': 'x\n' } };
    expect(diffFileSets(a, b)).toEqual([
      ...['--- mine.yaml', '+++ mine.yaml', '@@ -1,2 +1,2 @@', ' a', '-b', '+c'],
      ...['--- sites/new.yaml', '+++ sites/new.yaml', '@@ -0,0 +1,1 @@', '+x'],
      ...['--- sites/old.yaml', '+++ sites/old.yaml', '@@ -1,1 +0,0 @@', '-x'],
    ]);
  });
});
