import { expect, test } from 'vitest';
import { Attendance } from './attendance.ts';

test('a machine is not away for longer because somebody put the clock forward', () => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const attendance = new Attendance(
    () => new Date(now),
    () => false,
  );
  expect(attendance.unseenFor('anna')).toBe(Number.POSITIVE_INFINITY);
  attendance.note('anna');
  now += 3600_000;
  expect(attendance.unseenFor('anna')).toBeLessThan(1000);
  expect(attendance.of('anna')).toBe(now - 3600_000);
});
