import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pause } from './pause.ts';

const hour = 3600_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-pause-'));
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

test('a pause lasts as long as was asked for, whatever becomes of the clock', () => {
  for (const jump of [-24 * hour, 24 * hour]) {
    let ends = 0;
    const pause = new Pause(folder, () => ends++);
    pause.begin(hour);
    vi.setSystemTime(Date.now() + jump);
    vi.advanceTimersByTime(hour - 1);
    expect([ends, pause.until === undefined]).toEqual([0, false]);
    vi.advanceTimersByTime(1);
    expect([ends, pause.until]).toEqual([1, undefined]);
  }
});

test('a pause is longer than a timer can be', () => {
  let ends = 0;
  const pause = new Pause(folder, () => ends++);
  pause.begin(60 * 24 * hour);
  vi.advanceTimersByTime(60 * 24 * hour - 1);
  expect(ends).toBe(0);
  vi.advanceTimersByTime(1);
  expect(ends).toBe(1);
});
