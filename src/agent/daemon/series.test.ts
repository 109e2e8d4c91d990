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

test('what grew while nobody looked is spread over that time, and makes no spike', () => {
  const series = new Series();
  series.note('hub', counters({ rx: 0 }), undefined, 0);
  series.note('hub', counters({ rx: 70 }), undefined, 8_000);
  // The agent stands still for a minute, and the tunnel carries on.
  const probe = { loss: 0.5, rtt: 9 };
  series.note('hub', counters({ rx: 683, tx: 6, handshake: 77 }), probe, 68_000);
  series.note('hub', counters({ rx: 783, tx: 7, handshake: 77 }), probe, 78_000);
  expect(series.of('hub', 78_000)).toEqual({
    ...{ age: 8, rx: [173, 102, 102, 102, 102, 102, 100], tx: [1, 1, 1, 1, 1, 1, 1] },
    handshakes: [0, null, null, null, null, 1, 0],
    ...{ rtt: [null, null, null, null, null, 9, 9] },
    ...{ loss: [null, null, null, null, null, 0.5, 0.5] },
  });
});

test('of a time that is longer than what is kept the end is told', () => {
  const series = new Series();
  series.note('hub', counters({ rx: 0 }), undefined, 0);
  series.note('hub', counters({ rx: 7_200 }), undefined, 7_200_000);
  const told = series.of('hub', 7_200_000);
  expect(told?.rx).toEqual(Array.from({ length: 360 }, () => 10));
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
