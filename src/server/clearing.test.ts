import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Clearing } from './clearing.ts';
import { TestServer } from './fixtures/server.ts';
import { chunkLength, packChunk } from './history/chunk.ts';
import { openStore, type Store } from './store/index.ts';

const minute = 60_000;
const day = 1_440 * minute;
const start = Date.UTC(2026, 10, 27, 12);

let data: string;
let store: Store;
let now: number;
const clock = () => new Date(now);
const log = pino({ level: 'silent' });

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'hawser-clearing-'));
  store = await openStore({ data });
  now = start;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await store.close();
  rmSync(data, { recursive: true, force: true });
});

const of = { network: 'net', a: 'anna', b: 'hub' } as const;
const chunkOf = (step: 10 | 300, age: number): number =>
  Math.floor((start - age) / 1000 / step / chunkLength[step]);

/** An event and an alert of so many days ago, and history of so many hours and days. */
async function keep(days: number, history: { readonly hours: number; readonly days: number }) {
  const at = new Date(start - days * day).toISOString();
  const said = { kind: 'apply', at, text: `${days} days ago` } as const;
  await store.write(async (tx) => {
    await tx.addEvents('net', [said]);
    await tx.addAlerts('net', [{ ...said, is: 'once', severity: 'info', since: at }]);
    for (const [step, age] of [
      [10, history.hours * 60 * minute],
      [300, history.days * day],
    ] as const) {
      const chunk = chunkOf(step, age);
      const points = new Map([[chunk * chunkLength[step], { rtt: 3 }]]);
      await tx.putHistoryChunk({ ...of, step }, chunk, packChunk(points, step, chunk));
    }
  });
}

/** What is kept of that: texts of events and alerts, and how many chunks of both steps. */
const kept = () =>
  store.read(async (tx) => ({
    events: (await tx.events('net', { limit: 99, kind: 'apply' })).map(({ text }) => text),
    alerts: (await tx.alerts('net', { limit: 99 }))
      .filter(({ kind }) => kind === 'apply')
      .map(({ text }) => text),
    short: (await tx.historyChunks({ ...of, step: 10 }, { first: 0, last: 2 ** 31 - 1 })).length,
    long: (await tx.historyChunks({ ...of, step: 300 }, { first: 0, last: 2 ** 31 - 1 })).length,
  }));

/** A server that runs for so long and ends. */
async function run(minutes: number): Promise<void> {
  const server = await TestServer.start({ data, clock }, { store });
  for (let past = 0; past < minutes; past++) {
    now += minute;
    vi.advanceTimersByTime(minute);
  }
  await server.stop();
}

test('a server that is started anew each 50 minutes removes what is too old, and nothing else', async () => {
  await keep(401, { hours: 27, days: 93 });
  await keep(399, { hours: 20, days: 89 });
  const all = ['401 days ago', '399 days ago'];
  await run(5);
  // A clock that is wrong at first has time to be set.
  expect(await kept()).toEqual({ events: all, alerts: all, short: 2, long: 2 });
  await run(50);
  const young = ['399 days ago'];
  expect(await kept()).toEqual({ events: young, alerts: young, short: 1, long: 1 });
});

test('a clock that is put forward makes nothing old', async () => {
  await keep(399, { hours: 20, days: 89 });
  const server = await TestServer.start({ data, clock }, { store });
  now += 1000 * day;
  vi.advanceTimersByTime(20 * minute);
  await server.stop();
  expect(await kept()).toMatchObject({ events: ['399 days ago'], short: 1, long: 1 });
});

test('of several servers the one that leads removes, whenever it began to lead', async () => {
  const removed: Date[] = [];
  const peers = { ...store.peers, leads: false };
  const init = { store: { ...store, peers }, clock, log, what: 'old things' };
  const clearing = new Clearing(init, async (at) => {
    removed.push(at);
    if (removed.length === 1) throw new Error('the disk is full');
  });
  vi.advanceTimersByTime(60 * minute);
  await clearing.look();
  expect(removed).toEqual([]);
  peers.leads = true;
  vi.advanceTimersByTime(20 * minute);
  await clearing.close();
  expect(removed).toHaveLength(2);
});
