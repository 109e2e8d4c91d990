import { expect, test } from 'vitest';
import { begun, type Condition, followed } from './track.ts';

const holds = { first: 0, least: 1_000, most: 8_000, calm: 60_000 };

/** What is told, and when, of what is seen at these times. */
function toldOf(seen: readonly (readonly [at: number, condition: Condition | undefined])[]) {
  let track = begun('up', holds);
  return seen.flatMap(([at, condition]) => {
    const next = followed(track, condition, at, holds);
    track = next.track;
    return next.news ? [`${at} ${track.told}`] : [];
  });
}

test('what changes is told when it has been so for a moment', () => {
  const seen = [
    [0, 'up'],
    [100, 'down'],
    [1_000, 'down'],
    [1_100, 'down'],
    [5_000, 'down'],
  ] as const;
  expect(toldOf(seen)).toEqual(['1100 down']);
});

test('what is over before that is not told, nor what nobody knows', () => {
  expect(
    toldOf([
      [0, 'down'],
      [900, 'up'],
      [1_000, 'down'],
      [1_900, undefined],
      [2_100, 'down'],
    ]),
  ).toEqual([]);
});

test('of what nothing was told yet the first word does not wait', () => {
  expect(followed(begun(undefined, holds), 'degraded', 0, holds)).toMatchObject({ news: true });
});

test('of what may be said too early the first word waits as well', () => {
  const { track, news } = followed(begun(undefined, holds), 'well', 0, { ...holds, first: 500 });
  expect(news).toBe(false);
  expect(followed(track, 'failing', 400, { ...holds, first: 500 }).news).toBe(false);
  expect(followed(track, 'well', 500, { ...holds, first: 500 }).news).toBe(true);
});

test('a word that may be said too early waits, after others and as the first', () => {
  const late = { ...holds, word: 5_000 };
  for (const told of ['up', undefined] as const) {
    const { track, news } = followed(begun(told, holds), 'down', 0, late);
    expect(news).toBe(false);
    expect(followed(track, 'down', 4_999, late).news).toBe(false);
    expect(followed(track, 'down', 5_000, late).news).toBe(true);
    // As soon as it is sure for another reason, it is told.
    expect(followed(track, 'down', 1_000, holds).news).toBe(true);
  }
});

test('what flaps is told ever more seldom, and what was calm at once again', () => {
  const flapping = Array.from({ length: 120 }, (_, n): [number, Condition] => [
    n * 500,
    Math.floor(n / 4) % 2 ? 'up' : 'down',
  ]);
  // Two seconds down, two up, for a minute: 29 changes.
  expect(toldOf(flapping).length).toBeLessThan(4);
  const later = [
    ...flapping,
    [200_000, 'up'],
    [202_000, 'up'],
    [203_000, 'down'],
    [204_000, 'down'],
  ] as const;
  expect(toldOf(later).at(-1)).toBe('204000 down');
});
