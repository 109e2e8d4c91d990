import { expect, test } from 'vitest';
import { readable, timeOf } from '../../web/data/words.ts';

test('times are written as no two countries read them differently, by the clock of whoever reads', () => {
  const at = new Date(2026, 3, 5, 16, 5, 9);
  expect(timeOf(at.toISOString())).toBe('2026-04-05 16:05:09');
  expect(timeOf(at.getTime())).toBe('2026-04-05 16:05:09');
  expect(readable(`invited until ${at.toISOString()}, and away`)).toBe(
    'invited until 2026-04-05 16:05:09, and away',
  );
});
