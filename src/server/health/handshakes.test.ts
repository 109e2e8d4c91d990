import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PeerSample } from '#api';
import type { Network } from '../network/network.ts';
import type { Snapshot } from '../network/snapshot.ts';
import { openStore } from '../store/open.ts';
import { Handshakes } from './handshakes.ts';

interface Machine {
  readonly identity?: string;
  readonly key?: string;
  readonly joinedAt?: string;
  readonly revoked?: 'revoked';
}

/** As much of a network as is asked: its machines, and its tunnels. */
class Fake {
  readonly name = 'net';
  machines: Readonly<Record<string, Machine>> = {};
  pairs: readonly (readonly [string, string])[] | undefined = [];

  get snapshot(): Snapshot {
    const all = Object.entries(this.machines);
    const names = all.map(([name, { key, revoked }]) => [
      name,
      { name, ...(key && { keys: { 0: key } }), ...(revoked && { revoked }) },
    ]);
    const machines = all.flatMap(([name, { identity, joinedAt = '2026-11-01T00:00:00.000Z' }]) =>
      identity ? [[name, { name, identity, joinedAt }]] : [],
    );
    return { names: new Map(names as []), machines: new Map(machines as []) } as never;
  }

  async tunnelPairs() {
    if (!this.pairs) throw new Error('cannot be compiled');
    return this.pairs.map((machines) => ({ machines }));
  }
}

let data: string;
let store: Awaited<ReturnType<typeof openStore>>;
let network: Fake;
let now: Date;
let said: number;
const opened: Handshakes[] = [];

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'hawser-handshakes-'));
  store = await openStore({ data });
  network = new Fake();
  network.machines = {
    hub: { identity: 'I-hub' },
    lap: { key: 'K-lap' },
    anna: { identity: 'I-anna' },
  };
  network.pairs = [
    ['hub', 'lap'],
    ['anna', 'hub'],
  ];
  now = new Date('2026-11-27T13:05:00.000Z');
  said = 0;
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await store.close();
  rmSync(data, { recursive: true });
});

async function open(): Promise<Handshakes> {
  const handshakes = await Handshakes.open(network as unknown as Network, {
    ...{ store, clock: () => now, log: pino({ level: 'silent' }) },
    presence: { shaken: () => void said++ },
  });
  opened.push(handshakes);
  return handshakes;
}

const shook = (handshake?: number): PeerSample => ({
  ...{ rx: 1, tx: 1 },
  ...(handshake !== undefined && { handshake }),
});
const kept = async (): Promise<Readonly<Record<string, string>>> => {
  const all = await store.read(async (tx) => tx.handshakes('net'));
  return Object.fromEntries(all.map(({ a, b, at }) => [`${a} ${b}`, at]));
};
const later = (seconds: number): void => {
  now = new Date(now.getTime() + seconds * 1000);
};

test('a handshake is remembered from either end, and that an end has none any more changes nothing', async () => {
  const handshakes = await open();
  expect(handshakes.lastOf('hub', 'lap')).toBeUndefined();
  handshakes.hear('hub', { lap: shook(60), anna: shook() });
  handshakes.hear('hub', { lap: shook() });
  expect(handshakes.lastOf('lap', 'hub')?.toISOString()).toBe('2026-11-27T13:04:00.000Z');
  expect(handshakes.lastOf('hub', 'anna')).toBeUndefined();
  handshakes.hear('anna', { hub: shook(5) });
  expect(handshakes.lastOf('hub', 'anna')?.toISOString()).toBe('2026-11-27T13:04:55.000Z');
});

test('one that was not known is stored at once and told, later ones when they are the last that anybody has', async () => {
  const handshakes = await open();
  handshakes.hear('hub', { lap: shook(0) });
  await expect.poll(kept).toEqual({ 'I-hub K-lap': '2026-11-27T13:05:00.000Z' });
  expect(said).toBe(1);
  later(120);
  handshakes.hear('hub', { lap: shook(0) });
  later(300);
  handshakes.hear('hub', { lap: shook() });
  await expect.poll(kept).toEqual({ 'I-hub K-lap': '2026-11-27T13:07:00.000Z' });
  later(120);
  handshakes.hear('hub', { lap: shook(0) });
  await handshakes.close();
  expect(await kept()).toEqual({ 'I-hub K-lap': '2026-11-27T13:14:00.000Z' });
});

test('a server that is started anew knows it, and another on the same store when it is told', async () => {
  const [one, other] = [await open(), await open()];
  one.hear('hub', { lap: shook(0) });
  await one.flush();
  expect(other.lastOf('hub', 'lap')).toBeUndefined();
  other.heard();
  await expect.poll(() => other.lastOf('hub', 'lap')).toEqual(now);
  expect((await open()).lastOf('hub', 'lap')).toEqual(now);
});

test('it belongs to who somebody is, not to a name', async () => {
  const handshakes = await open();
  handshakes.hear('hub', { lap: shook(0), anna: shook(0) });
  const { hub = {} } = network.machines;
  network.machines = {
    hub,
    notebook: { key: 'K-lap' },
    lap: { key: 'K-other' },
    anna: { identity: 'I-new' },
  };
  expect(handshakes.lastOf('hub', 'notebook')).toEqual(now);
  expect(handshakes.lastOf('hub', 'lap')).toBeUndefined();
  expect(handshakes.lastOf('hub', 'anna')).toBeUndefined();
  // Keys of a machine with an agent may be changed: it is the same machine.
  network.machines = {
    hub: { ...hub, key: 'K-hub-2' },
    anna: { identity: 'I-anna', key: 'K-anna-2' },
  };
  expect(handshakes.lastOf('hub', 'anna')).toEqual(now);
});

test('what was before somebody joined was with another of that name', async () => {
  const handshakes = await open();
  network.machines = {
    ...network.machines,
    anna: { identity: 'I-new', joinedAt: now.toISOString() },
  };
  later(10);
  handshakes.hear('hub', { anna: shook(11) });
  expect(handshakes.lastOf('hub', 'anna')).toBeUndefined();
  handshakes.hear('hub', { anna: shook(9) });
  expect(handshakes.lastOf('hub', 'anna')).toBeDefined();
});

test('peers that there are not, and machines without a key, are not remembered', async () => {
  const handshakes = await open();
  network.machines = { ...network.machines, guest: {} };
  handshakes.hear('hub', { nobody: shook(0), guest: shook(0) });
  await handshakes.flush();
  expect(await kept()).toEqual({});
});

test('a tunnel that the file has no more is forgotten after a day, one of a machine that is cut off is not', async () => {
  const handshakes = await open();
  handshakes.hear('hub', { lap: shook(0), anna: shook(0) });
  await handshakes.flush();
  const { hub = {}, anna = {}, lap = {} } = network.machines;
  network.pairs = [];
  network.machines = { hub, lap, anna: { ...anna, revoked: 'revoked' } };
  later(86_400);
  await handshakes.tidy();
  expect(Object.keys(await kept())).toHaveLength(2);
  later(1);
  network.pairs = undefined;
  await handshakes.tidy();
  expect(Object.keys(await kept()), 'while nobody knows which tunnels there are').toHaveLength(2);
  network.pairs = [];
  await handshakes.tidy();
  expect(Object.keys(await kept())).toEqual(['I-anna I-hub']);
  expect(handshakes.lastOf('hub', 'lap')).toBeUndefined();
  network.machines = { hub };
  await handshakes.tidy();
  expect(await kept()).toEqual({});
});

test('what could not be stored is stored when that is possible again', async () => {
  const handshakes = await open();
  const write = store.write.bind(store);
  store.write = async () => Promise.reject(new Error('the disk is full'));
  handshakes.hear('hub', { lap: shook(0) });
  await handshakes.flush();
  expect(await kept()).toEqual({});
  store.write = write;
  await handshakes.flush();
  expect(await kept()).toEqual({ 'I-hub K-lap': now.toISOString() });
});

test('a clock that went ahead and was put right does not keep a handshake that is to come', async () => {
  const handshakes = await open();
  later(3600);
  handshakes.hear('hub', { lap: shook(0) });
  later(-3600);
  handshakes.hear('hub', { lap: shook(1) });
  expect(handshakes.lastOf('hub', 'lap')?.toISOString()).toBe('2026-11-27T13:04:59.000Z');
});

test('what a clock that went ahead has stored says neither that a handshake is to come nor that none counts', async () => {
  const first = await open();
  later(3600);
  first.hear('hub', { lap: shook(0) });
  await first.close();
  later(-3600);
  const handshakes = await open();
  const last = () => handshakes.lastOf('hub', 'lap')?.getTime();
  expect(last()).toBe(now.getTime());
  later(60);
  await handshakes.tidy();
  expect(last()).toBe(now.getTime() - 60_000);
  network.machines = {
    ...network.machines,
    anna: { identity: 'I-anna', joinedAt: '2026-11-28T00:00:00.000Z' },
  };
  handshakes.hear('hub', { anna: shook(1) });
  expect(handshakes.lastOf('hub', 'anna')?.getTime()).toBe(now.getTime() - 1_000);
});
