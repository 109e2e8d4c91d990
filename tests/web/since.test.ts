import { expect, test } from 'vitest';
import type { EventKind, NetworkEvent } from '#api';
import { conditionOfTunnel } from '#server';
import { sinceOf, toldBy } from '../../web/data/since.ts';

/** The newest first, an hour between each and the one before. */
const events = (...kinds: readonly EventKind[]): readonly NetworkEvent[] =>
  kinds.map((kind, index) => ({
    ...{ seq: 9 - index, kind, machine: 'anna', other: 'hub', text: kind },
    at: `2026-11-20T0${9 - index}:00:00.000Z`,
  }));

test('a page takes of every state the event by which the server tells of it', () => {
  expect(toldBy).toEqual(conditionOfTunnel);
});

test('a laptop that is off is so since its tunnel is told to be degraded', () => {
  const since = sinceOf('stale', events('failover', 'degraded', 'up'));
  expect(since).toEqual({ words: 'not well since', at: '2026-11-20T08:00:00.000Z' });
});

test('a tunnel is up, or down, since the last that was told', () => {
  expect(sinceOf('up', events('up', 'down', 'up'))?.at).toBe('2026-11-20T09:00:00.000Z');
  expect(sinceOf('misconfigured', events('down', 'up'))?.at).toBe('2026-11-20T09:00:00.000Z');
});

test('nothing is said of what was not told, nor of a tunnel of which nobody tells now', () => {
  expect(sinceOf('unknown', events('down', 'up'))).toBeUndefined();
  expect(sinceOf('never', events('down'))).toBeUndefined();
  // It has not been so for long enough to be told.
  expect(sinceOf('down', events('up', 'down'))).toBeUndefined();
  expect(sinceOf('stale', [])).toBeUndefined();
});
