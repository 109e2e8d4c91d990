import { expect, test } from 'vitest';
import { type Counters, Series } from './series.ts';

const counters = (more: Partial<Counters> = {}): Counters => ({
  ...{ id: 'wg0 key', rx: 1_000, tx: 0, handshake: 0 },
  ...more,
});

test('what grew in each ten seconds is told, from the second look on', () => {
  const series = new Series();
  series.note('hub', counters(), undefined, 1_000);
  series.note('hub', counters({ rx: 1_500 }), undefined, 5_000);
  expect(series.of('hub', 5_000)).toBeUndefined();
  const probe = { loss: 0, rtt: 7 };
  series.note('hub', counters({ rx: 1_800, tx: 9, handshake: 77 }), probe, 10_005);
  expect(series.of('hub', 12_000)).toEqual({
    ...{ age: 2, rx: [800], tx: [9], handshakes: [1], rtt: [7], loss: [0] },
  });
  series.told('hub');
  expect(series.of('hub', 12_000)).toBeUndefined();
});

test('a step in which nobody looked is not known', () => {
  const series = new Series();
  for (const [at, rx] of [
    [0, 0],
    [10_000, 1],
    [30_000, 3],
  ] as const) {
    series.note('hub', counters({ rx }), undefined, at);
  }
  expect(series.of('hub', 30_000)?.rx).toEqual([1, null, 2]);
});

test('a counter that begins anew makes no spike, nor does another device', () => {
  const series = new Series();
  series.note('hub', counters({ rx: 9_000_000 }), undefined, 0);
  series.note('hub', counters({ rx: 50 }), undefined, 10_000);
  series.note('hub', counters({ id: 'wg0 other', rx: 8_000_000 }), undefined, 20_000);
  series.note('hub', counters({ id: 'wg0 other', rx: 8_000_001 }), undefined, 30_000);
  expect(series.of('hub', 30_000)?.rx).toEqual([50, null, 1]);
});

test('an hour is kept while nobody listens', () => {
  const series = new Series();
  for (let n = 0; n <= 1_000; n++) series.note('hub', counters({ rx: n }), undefined, n * 10_000);
  const told = series.of('hub', 10_000_000);
  expect(told?.rx).toHaveLength(360);
  expect(told?.age).toBe(0);
  series.keep(new Map());
  expect(series.of('hub', 10_000_000)).toBeUndefined();
});
