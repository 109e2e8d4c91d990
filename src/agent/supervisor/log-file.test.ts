import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogFile } from './log-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-log-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const line = (number: number): string => `line ${String(number).padStart(4, '0')}\n`;

test('a log keeps its last lines, in files that do not grow beyond their size', () => {
  const log = new LogFile(join(folder, 'log'), 100);
  for (let number = 0; number < 1000; number++) log.write(line(number));
  log.close();
  const names = readdirSync(folder).sort();
  expect(names).toEqual(['log', 'log.1', 'log.2']);
  for (const name of names) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100);
  const all = ['log.2', 'log.1', 'log'].map((name) => readFileSync(join(folder, name), 'utf8'));
  const last = [...all.join('').matchAll(/line (\d+)/g)].map(([, number]) => Number(number));
  expect(last).toEqual(last.map((_, index) => 1000 - last.length + index));
  expect(last.length).toBeGreaterThan(20);
});

test('a log goes on where an earlier one ended, and nobody else may read it', () => {
  writeFileSync(join(folder, 'log'), line(0).repeat(9));
  const log = new LogFile(join(folder, 'log'), 100);
  for (const number of [1, 2, 3]) log.write(line(number));
  log.close();
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe(line(2) + line(3));
  expect(readFileSync(join(folder, 'log.1'), 'utf8')).toContain(line(1));
  expect(statSync(join(folder, 'log')).mode & 0o777).toBe(0o600);
});

test('a log that cannot be written costs its lines and nothing else', () => {
  writeFileSync(join(folder, 'file'), '');
  const log = new LogFile(join(folder, 'file', 'log'));
  expect(() => log.write(line(0))).not.toThrow();
});
