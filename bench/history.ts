import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import {
  chunkLength,
  openStore,
  type Point,
  type Points,
  packChunk,
  Recorder,
  type Step,
  type Store,
} from '#server';
import { type Bench, median, quantile, type Size, timed } from './bench.ts';

/** Tunnels that are written; what a thousand take is so many times that. */
const tunnels: Readonly<Record<Size, number>> = { whole: 40, quick: 4 };
const wanted = 1_000;
const days = 90;
/** Hours of short steps that are kept. */
const hours = 25;
const now = Date.UTC(2026, 10, 27, 12);

/** Numbers that look random and are the same in every run (Numerical Recipes' generator), 0 to 1. */
function* numbers(): Generator<number, never> {
  for (let state = 7; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}
const random = numbers();
const next = (): number => random.next().value;

/** A tunnel that is used: traffic of every size, answers that scatter, a lost one now and then. */
const point = (seconds: number): Point => ({
  there: Math.round(seconds * 1000 * 10 ** (4 * next())),
  back: Math.round(seconds * 1000 * 10 ** (4 * next())),
  rtt: 20 + 10 * next(),
  loss: next() < 0.05 ? 0.05 : 0,
  handshakes: Math.round((seconds / 120) * (0.5 + next())),
});

function chunkOf(step: Step, chunk: number): string {
  const length = chunkLength[step];
  const points: Points = new Map(
    Array.from({ length }, (_, index) => [chunk * length + index, point(step)]),
  );
  return packChunk(points, step, chunk);
}

/** What is kept of one tunnel. */
async function fill(store: Store, b: string): Promise<void> {
  const last = (step: Step): number => Math.floor(now / 1000 / step / chunkLength[step]);
  await store.write(async (tx) => {
    for (const [step, count] of [
      [300, days + 1],
      [10, hours],
    ] as const) {
      for (let age = 0; age < count; age++) {
        const chunk = last(step) - age;
        await tx.putHistoryChunk({ network: 'net', a: 'a', b, step }, chunk, chunkOf(step, chunk));
      }
    }
  });
}

const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

async function withHistory<T>(
  size: Size,
  work: (store: Store, grown: () => number) => Promise<T>,
): Promise<T> {
  const data = mkdtempSync(join(tmpdir(), 'hawser-history-'));
  try {
    const empty = await openStore({ data });
    await empty.close();
    const before = bytesIn(data);
    const store = await openStore({ data });
    for (let n = 0; n < tunnels[size]; n++) await fill(store, `b${n}`);
    try {
      return await work(store, () => bytesIn(data) - before);
    } finally {
      await store.close();
    }
  } finally {
    rmSync(data, { recursive: true });
  }
}

/** With SQLite's log, which is of a size of its own however much is kept. */
const disk = (size: Size) =>
  withHistory(size, async (_, grown) => {
    const value = (grown() * wanted) / tunnels[size] / 1e9;
    const detail = `${tunnels[size]} tunnels were written, each as ${days} days of 5 min and ${hours} h of 10 s`;
    return { value, unit: 'GB', reached: value <= 1, detail };
  });

const chart = (size: Size) =>
  withHistory(size, async (store) => {
    const clock = () => new Date(now);
    const recorder = new Recorder('net', { store, clock, log: pino({ level: 'silent' }) });
    const range = { from: now - 86_400_000, to: now, step: 10 } as const;
    const times: number[] = [];
    for (let round = 0; round < 100; round++) {
      times.push(await timed(() => recorder.read('a', `b${round % tunnels[size]}`, range)));
    }
    await recorder.close();
    const value = median(times);
    const detail = `99 of 100 take ${quantile(times, 0.99).toFixed(1)} ms at most`;
    return { value, unit: 'ms', reached: value <= 50, detail };
  });

export const benches: readonly Bench[] = [
  { name: '1,000 tunnels, 90 days: on disk', target: '<= 1 GB', run: disk },
  { name: 'a day of one tunnel, every 10 s: read', target: '<= 50 ms', run: chart },
];
