import { describe, expect, test } from 'vitest';
import { durationOf, endOf, fromNow, lastMomentOf, momentOf } from './times.ts';

const now = Date.parse('2026-11-20T22:00:00Z');

describe('times', () => {
  test.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['7', undefined],
    ['d7', undefined],
  ])('the duration %s is %j ms', (text, ms) => {
    expect(durationOf(text)).toBe(ms);
  });

  test('may be said from now, or written out', () => {
    expect(momentOf('1h', -1, now)).toBe('2026-11-20T21:00:00.000Z');
    expect(momentOf('1h', 1, now)).toBe('2026-11-20T23:00:00.000Z');
    expect(momentOf('2026-11-20', -1, now)).toBe('2026-11-20T00:00:00.000Z');
  });

  test.each(['yesterday', '12', '2026-13-45', '', '999999999999d'])('%j is refused', (text) => {
    expect(() => momentOf(text, 1, now)).toThrow('no time and no duration');
  });

  test('an end lies ahead', () => {
    expect(endOf('1h', now)).toBe('2026-11-20T23:00:00.000Z');
    for (const text of ['0s', '2026-11-20']) expect(() => endOf(text, now)).toThrow('over already');
  });

  test('the last day of a member belongs to it', () => {
    expect(lastMomentOf('2026-11-20', now)).toBe('2026-11-21T00:00:00.000Z');
    expect(lastMomentOf('2027-01-31T18:00:00+01:00', now)).toBe('2027-01-31T17:00:00.000Z');
    expect(lastMomentOf('1d', now)).toBe('2026-11-21T22:00:00.000Z');
    expect(() => lastMomentOf('2027-02-31', now)).toThrow('no time and no duration');
    expect(() => lastMomentOf('2026-11-19', now)).toThrow('ends at 2026-11-19 is over already');
  });

  test.each([
    ['2026-11-20T21:59:48Z', '12 s ago'],
    ['2026-11-20T21:00:00Z', '60 min ago'],
    ['2026-11-21T10:00:00Z', 'in 12 h'],
    ['2026-11-01T22:00:00Z', '19 d ago'],
  ])('%s is told as %s', (time, words) => {
    expect(fromNow(time, now)).toBe(words);
  });
});
