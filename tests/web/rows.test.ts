import { expect, test } from 'vitest';
import { rowsOf, sparkOf } from '../../web/data/history.ts';
import { found, grouped, ordered } from '../../web/data/rows.ts';

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

test('a small line has a gap where nothing was told, not a zero, and a dot for one alone', () => {
  expect(sparkOf([1, 0.5, null, 0, null])).toBe('M0 2h0L1 16M3 30h0');
});

test('rows are put together by what they have in common, as people count, and fold away', () => {
  const rows = ['site-10', 'site-2', 'site-10'].map((site, number) => ({ site, number }));
  const told = (folded: readonly string[]) =>
    grouped(rows, ({ site }) => site, new Set(folded)).map((item) =>
      'row' in item ? item.row.number : `${item.group}: ${item.rows.length}`,
    );
  expect(told([])).toEqual(['site-2: 1', 1, 'site-10: 2', 0, 2]);
  expect(told(['site-10'])).toEqual(['site-2: 1', 1, 'site-10: 2']);
});

test('rows are found by all the words, and ordered with absent values last', () => {
  const texts = ['anna connected', 'bob away', 'ann away'];
  expect(found([1, 2, 3], texts, ' AWAY ann')).toEqual([3]);
  expect(found([1, 2, 3], texts, 'an BOB|connected|')).toEqual([1]);
  expect(found([1, 2, 3], texts, ' ')).toEqual([1, 2, 3]);
  const value = (row: number) => (row === 2 ? undefined : row);
  expect(ordered([2, 3, 1], value, false)).toEqual([1, 3, 2]);
  expect(ordered([2, 3, 1], value, true)).toEqual([2, 3, 1]);
});
