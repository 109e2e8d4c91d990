import { expect, test } from 'vitest';
import { logLine } from './log.ts';

test('a person reads the log as lines: when, how bad, what, and what else is known', () => {
  const time = '2026-11-26T21:40:29.760Z';
  const listens = { level: 30, time, msg: 'Server listening' };
  expect(logLine(JSON.stringify(listens))).toBe(`${time}  info  Server listening`);
  const err = { type: 'Error', message: 'disk full', stack: 'Error: disk full\n    at write' };
  const failed = { level: 50, time, network: 'home', count: 2, msg: 'no backup', err };
  expect(logLine(JSON.stringify(failed))).toBe(
    `${time}  error  no backup: disk full  network=home  count=2\n    Error: disk full\n        at write`,
  );
  const late = { level: 40, time, err: { message: 'late' } };
  expect(logLine(JSON.stringify(late))).toBe(`${time}  warn  late`);
});
