import { expect, test } from 'vitest';
import { rowsOf } from '../../web/data/history.ts';

test('a table tells means of equal times, the newest first, without times of which nothing is known', () => {
  const times = [0, 10, 20, 30, 40, 50];
  const rows = rowsOf(
    times,
    [
      [1, 3, null, null, null, 5],
      [null, null, null, null, 7, 8],
    ],
    3,
  );
  expect(rows).toEqual([
    { at: 40, values: [5, 7.5] },
    { at: 0, values: [2, null] },
  ]);
});
