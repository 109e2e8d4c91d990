import { expect, test } from 'vitest';
import { crashesAfter, isCrashLoop, pauseAfter } from './lives.ts';

test('an agent that ends is back within a second, one that ends again and again less and less soon', () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 100].map(pauseAfter);
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('only ends that follow each other quickly are a loop', () => {
  const short = [0, 0, 0].reduce(crashesAfter, 0);
  expect(isCrashLoop(short)).toBe(true);
  expect(isCrashLoop(crashesAfter(short, 61_000))).toBe(false);
  expect(isCrashLoop(crashesAfter(crashesAfter(short, 61_000), 0))).toBe(false);
});
