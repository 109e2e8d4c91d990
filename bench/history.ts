import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TunnelHistory } from '#api';
import {
  chunkLength,
  openStore,
  type Point,
  type Points,
  packChunk,
  type Step,
  type Store,
} from '#server';
import { type Bench, type BenchResult, median, quantile, type Size, timed } from './bench.ts';
import { BenchServer } from './converge/server.ts';
import { fleet } from './generate.ts';

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

/** Of the gateway and the members of a fleet. */
const network = 'fleet';
const a = 'g0';

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
        await tx.putHistoryChunk({ network, a, b, step }, chunk, chunkOf(step, chunk));
      }
    }
  });
}

const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

async function fillAll(store: Store, size: Size): Promise<void> {
  for (let n = 0; n < tunnels[size]; n++) await fill(store, `m${n}`);
}

/** With SQLite's log, which is of a size of its own however much is kept. */
async function disk(size: Size): Promise<BenchResult> {
  const data = mkdtempSync(join(tmpdir(), 'hawser-history-'));
  try {
    const empty = await openStore({ data });
    await empty.close();
    const before = bytesIn(data);
    const store = await openStore({ data });
    try {
      await fillAll(store, size);
      const value = ((bytesIn(data) - before) * wanted) / tunnels[size] / 1e9;
      const detail = `${tunnels[size]} tunnels were written, each as ${days} days of 5 min and ${hours} h of 10 s`;
      return { value, unit: 'GB', reached: value <= 1, detail };
    } finally {
      await store.close();
    }
  } finally {
    rmSync(data, { recursive: true });
  }
}

/** As a page waits for it: the server that ships reads it, and sends it over TLS. */
async function chart(size: Size): Promise<BenchResult> {
  const server = await BenchServer.open();
  try {
    const text = fleet({ sites: 1, members: tunnels[size], open: 22, port: 51820 });
    const files = { 'fleet.yaml': text };
    await server.ask('POST', `/v1/networks/${network}`, { entry: 'fleet.yaml', files });
    await server.end('SIGTERM');
    const store = await openStore({ data: server.data });
    await fillAll(store, size);
    await store.close();
    await server.start();
    const [from, to] = [now - 86_400_000, now].map((at) => new Date(at).toISOString());
    const query = new URLSearchParams({ from: from ?? '', to: to ?? '', step: '10' });
    const read = async (n: number): Promise<string> =>
      server.ask('GET', `/v1/networks/${network}/tunnels/${a}/m${n}/history?${query}`);
    const { rtt } = JSON.parse(await read(0)) as TunnelHistory;
    const known = rtt.filter((value) => value !== null).length;
    if (known < 8_000) throw new Error(`of a day ${known} points are told`);
    const times: number[] = [];
    for (let round = 0; round < 100; round++) {
      times.push(await timed(async () => read(round % tunnels[size])));
    }
    const value = median(times);
    const detail = `99 of 100 take ${quantile(times, 0.99).toFixed(1)} ms at most`;
    return { value, unit: 'ms', reached: value <= 50, detail };
  } finally {
    await server.close();
  }
}

export const benches: readonly Bench[] = [
  { name: '1,000 tunnels, 90 days: on disk', target: '<= 1 GB', run: disk },
  { name: 'a day of one tunnel, every 10 s: asked of a server', target: '<= 50 ms', run: chart },
];
