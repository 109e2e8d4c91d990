import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HostState } from '#state';
import { Turns } from '../daemon/turns.ts';
import type { Answer } from './answers.ts';
import { Lookups } from './lookups.ts';

const host = 'proxy.example.org';
const lookup = { host, table: 'hawser-net', v4: 'at-v4', v6: 'at-v6', never: ['10.9.0.0/24'] };
const state = {
  network: 'net',
  namespaces: { 'hw-net-gw': { lookups: { v: 1, items: [lookup] } } },
} as unknown as HostState;

const at = (ttl: number, ...addresses: readonly string[]): Answer => ({
  addresses: addresses.map((address) => ({ address, ttl })),
});
const failed: Answer = { failure: 'no resolver answers' };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A name of which this is answered, when it was asked for, and what was said of it. */
function watching() {
  const seen = {
    answers: { 4: at(300, '192.0.2.1'), 6: at(60, '2001:db8::1') },
    times: [] as number[],
    log: [] as string[],
  };
  const lookups = new Lookups({
    network: 'net',
    store: { hosts: () => new Map(), keepHosts: () => undefined },
    ask: async (_, family) => {
      if (family === 4) seen.times.push(Date.now());
      return seen.answers[family];
    },
    turns: new Turns(),
    amend: async () => [],
    learn: () => undefined,
    kick: () => undefined,
    say: (line) => seen.log.push(line),
  });
  lookups.follow(state);
  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);
  /** Seconds between the looks of so long a time. */
  const gaps = async (seconds: number): Promise<readonly number[]> => {
    seen.times.splice(0, seen.times.length - 1);
    await pass(seconds);
    return seen.times.slice(1).map((time, i) => (time - (seen.times[i] ?? 0)) / 1000);
  };
  return { seen, pass, gaps, lookups };
}

test('a name that is not found in one family is asked for ever more seldom, also when what is kept of that is over', async () => {
  const { seen, gaps, pass, lookups } = watching();
  await pass(1);
  seen.answers[6] = failed;
  expect(await gaps(60)).toEqual([60]);
  expect(await gaps(250)).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  seen.answers[6] = at(60, '2001:db8::1');
  expect(await gaps(300)).toEqual([60, 60, 60, 60, 60]);
  lookups.stop();
});

test('a name of which one family is found again is soon asked for the other', async () => {
  const { seen, gaps, pass, lookups } = watching();
  seen.answers = { 4: failed, 6: failed };
  await pass(1);
  expect(await gaps(190)).toEqual([2, 4, 8, 16, 32, 60, 60]);
  seen.answers[4] = at(300, '192.0.2.1');
  expect(await gaps(70)).toEqual([60, 2, 4, 8]);
  lookups.stop();
});

test('all that is found out of a name stands in the log, once', async () => {
  const { seen, pass, lookups } = watching();
  const half = expect.stringContaining('is found, but not over IPv6');
  const refused = expect.stringContaining('is said to be at 10.9.0.7');
  await pass(1);
  expect(seen.log).toEqual([]);
  seen.answers = { 4: at(5, '192.0.2.1'), 6: failed };
  await pass(70);
  expect(seen.log.splice(0)).toEqual([half]);
  seen.answers[4] = at(5, '192.0.2.1', '10.9.0.7');
  await pass(70);
  expect(seen.log.splice(0)).toEqual([refused]);
  seen.answers[6] = at(60, '2001:db8::1');
  await pass(70);
  expect(seen.log.splice(0)).toEqual([]);
  seen.answers[4] = at(5, '192.0.2.1');
  await pass(70);
  expect(seen.log.splice(0)).toEqual([`${host} is found again`]);
  lookups.stop();
});
