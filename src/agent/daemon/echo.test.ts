import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Change } from '#state';
import { Echo } from './echo.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

const added = (facility: string, after: object): Change =>
  ({ facility, kind: 'add', after }) as unknown as Change;

const changes = [
  added('routes', { prefix: '10.9.0.5/32' }),
  added('routes', { prefix: 'fd09::/64' }),
  added('fdb', { mac: '02:00:00:00:00:09' }),
  added('nft-elements', { element: '02:00:00:00:00:0a . 10.9.0.10' }),
];

test('what is written is known as own while it is written and shortly after, in its namespace alone', async () => {
  const echo = new Echo();
  const own = ['10.9.0.5', 'fd09::/64', '02:00:00:00:00:09', '02:00:00:00:00:0a'];
  const known = (space: string): readonly string[] => own.filter((one) => echo.isOwn(space, one));
  await echo.during('lab', changes, async () => {
    vi.advanceTimersByTime(60_000);
    expect(known('lab')).toEqual(own);
    expect(known('other')).toEqual([]);
  });
  expect(known('lab')).toEqual(own);
  expect(echo.isOwn('lab', '10.9.0.6')).toBe(false);
  vi.advanceTimersByTime(2_001);
  expect(known('lab')).toEqual([]);
});

test('a write that fails leaves nothing behind that hides the work of others for good', async () => {
  const echo = new Echo();
  const fails = echo.during('lab', changes, () => Promise.reject(new Error('no')));
  await expect(fails).rejects.toThrow('no');
  vi.advanceTimersByTime(2_001);
  expect(echo.isOwn('lab', '10.9.0.5')).toBe(false);
});

test.each([
  ['nobody listens where much is written, until it is', 10_000, ['leaves lab', 'enters lab']],
  ['they go on listening where little is written', 9_999, []],
])('%s, also where it fails', async (_, count, moves) => {
  const echo = new Echo();
  const made: string[] = [];
  echo.heardBy({
    leave: (space) => made.push(`leaves ${space}`),
    enter: (space) => made.push(`enters ${space}`),
  });
  const all = Array.from({ length: count }, () => added('fdb', { mac: '02:00:00:00:00:09' }));
  const fails = echo.during('lab', all, () => {
    expect(made).toEqual(moves.slice(0, 1));
    return Promise.reject(new Error('no'));
  });
  await expect(fails).rejects.toThrow('no');
  expect(made).toEqual(moves);
});
