import { expect, test } from 'vitest';
import { proofDelay } from './spread.ts';

test('machines prove a state within their own time, or as long as a server with many needs', () => {
  expect(proofDelay(300, 0, 0.5)).toBe(150);
  expect(proofDelay(300, 10_000, 0.5)).toBe(5_000);
});

test('no server puts a proof off for more than a minute', () => {
  expect(proofDelay(300, 1e9, 1)).toBe(60_000);
});
