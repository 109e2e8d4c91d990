import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TunnelSeries } from '#api';
import type { Store } from '../store/contract.ts';
import { openStore } from '../store/index.ts';
import { chunkLength, packChunk, unpackChunk } from './chunk.ts';
import type { Point } from './points.ts';
import { Recorder } from './recorder.ts';

/** An hour begins, and a day. */
const midnight = Date.UTC(2026, 10, 20);
const seriesOf = (count: number, more: Partial<TunnelSeries> = {}): TunnelSeries => {
  const all = (value: number | null) => Array.from({ length: count }, () => value);
  return {
    ...{ age: 0, rx: all(100), tx: all(40), handshakes: all(0), rtt: all(30), loss: all(0) },
    ...more,
  };
};

test('a chunk gives back what was put into it, to its precision', () => {
  const point = fc.record(
    {
      there: fc.nat({ max: 2 ** 50 }),
      back: fc.nat(),
      rtt: fc.nat(100_000).map((value) => value / 100),
      loss: fc.nat(1000).map((value) => value / 1000),
      handshakes: fc.nat(9),
    },
    { requiredKeys: [] },
  );
  const last = chunkLength[10] - 1;
  fc.assert(
    fc.property(fc.dictionary(fc.nat(last).map(String), point), (said) => {
      const known = Object.entries(said).filter(([, one]) => Object.keys(one).length > 0);
      const points = new Map(
        known.map(([at, one]): [number, Point] => [360 * 7 + Number(at), one]),
      );
      expect(unpackChunk(packChunk(points, 10, 7), 10, 7)).toEqual(points);
    }),
    { numRuns: 30 },
  );
});

describe('the history of tunnels', () => {
  let data: string;
  let store: Store;
  let now: number;
  let recorder: Recorder;

  const open = (): Recorder =>
    new Recorder('net', { store, clock: () => new Date(now), log: pino({ level: 'silent' }) });
  const hear = (machine: string, peer: string, series: TunnelSeries): void =>
    recorder.hear(
      machine,
      { [peer]: series },
      {
        names: { has: (name) => name !== 'nobody' },
        machines: { has: (name) => name !== 'phone' },
      },
    );
  const read = (a: string, b: string, from: number, step?: 10 | 300) =>
    recorder.read(a, b, { from, to: now, step });

  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'hawser-history-'));
    store = await openStore({ data });
    now = midnight + 600_000;
    recorder = open();
  });
  afterEach(async () => {
    await recorder.close();
    await store.close();
    rmSync(data, { recursive: true, force: true });
  });

  test('is one for both ends: who missed bytes counted fewer', async () => {
    hear('anna', 'hub', seriesOf(2, { rtt: [30, null] }));
    hear('hub', 'anna', seriesOf(2, { rx: [38, 40], tx: [100, 120], loss: [0, 0.5] }));
    const found = await read('anna', 'hub', now - 30_000);
    expect(found).toEqual({
      ...{ network: 'net', machines: ['anna', 'hub'], step: 10 },
      from: new Date(now - 30_000).toISOString(),
      ...{ there: [null, 40, 40], back: [null, 100, 120] },
      ...{ rtt: [null, 30, 30], loss: [null, 0, 0.5], handshakes: [null, 0, 0] },
    });
    const turned = await read('hub', 'anna', now - 30_000);
    expect(turned).toMatchObject({
      machines: ['hub', 'anna'],
      there: found.back,
      back: found.there,
    });
  });

  test('is as before after it was written, by whomever, and the server began anew', async () => {
    hear('anna', 'hub', seriesOf(30));
    const before = await read('anna', 'hub', now - 300_000);
    await recorder.flush();
    hear('hub', 'anna', seriesOf(3, { rx: [50, 50, 50] }));
    await recorder.close();
    recorder = open();
    const after = await read('anna', 'hub', now - 300_000);
    expect(after.there).toEqual(before.there.map((value, at) => (at < 27 ? value : 50)));
    expect(after.back).toEqual(before.back);
  });

  test('of all tunnels together counts each byte once, also of those who have nobody to tell of them', () => {
    hear('anna', 'hub', seriesOf(2));
    hear('hub', 'anna', seriesOf(2, { rx: [40, 40], tx: [100, 100] }));
    hear('hub', 'phone', seriesOf(2, { rx: [7, 7], tx: [1, 1] }));
    const { bytes, from, step } = recorder.total.read(now / 1000);
    expect(bytes.slice(-3)).toEqual([null, 148, 148]);
    expect(Date.parse(from) + bytes.length * step * 1000).toBe(now);
    // What is said once more is nothing new.
    hear('anna', 'hub', seriesOf(2));
    expect(recorder.total.read(now / 1000).bytes).toEqual(bytes);
  });

  test('is kept as sums and means of five minutes for long', async () => {
    now = midnight + 900_000;
    hear(
      'anna',
      'hub',
      seriesOf(60, { loss: Array.from({ length: 60 }, (_, n) => (n < 30 ? 0 : 0.5)) }),
    );
    // The sums are of all that is known, however often it was written.
    await recorder.flush();
    hear('anna', 'hub', seriesOf(1, { handshakes: [1] }));
    await recorder.flush();
    expect(await read('anna', 'hub', midnight, 300)).toMatchObject({
      ...{ step: 300, there: [null, 1200, 1200], back: [null, 3000, 3000] },
      ...{ rtt: [null, 30, 30], loss: [null, 0, 0.5], handshakes: [null, 0, 1] },
    });
  });

  test('is read in long steps where short ones are not kept any more', async () => {
    expect((await read('anna', 'hub', now - 86_400_000)).step).toBe(10);
    const long = await read('anna', 'hub', now - 30 * 86_400_000);
    expect(long.step).toBe(300);
    expect(long.there).toHaveLength(30 * 288);
    expect((await read('anna', 'hub', 0)).there.length).toBeLessThan(27_000);
    expect((await read('anna', 'hub', now + 1_000_000)).there).toEqual([]);
  });

  test('takes nothing of who is not in the network, of the future, or older than a day', async () => {
    hear('anna', 'nobody', seriesOf(3));
    hear('anna', 'anna', seriesOf(3));
    hear('anna', 'hub', seriesOf(3, { age: 90_000 }));
    await recorder.flush();
    const rows = await store.read((tx) =>
      tx.historyChunks(
        { network: 'net', a: 'anna', b: 'hub', step: 10 },
        { first: 0, last: 2 ** 31 - 1 },
      ),
    );
    expect(rows).toEqual([]);
  });
});
