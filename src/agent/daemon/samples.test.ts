import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PeerSample, SamplesReport } from '#api';
import type { Run } from '#host';
import type { HostState } from '#state';
import { Samples } from './samples.ts';

const keyOf = (name: string): string => name.padEnd(43, 'A').concat('=');

/** A state as far as its tunnels go. */
const stateOf = (...peers: readonly string[]): HostState =>
  ({
    tunnels: {
      main: {
        interface: 'wg0',
        peers: Object.fromEntries(peers.map((name) => [name, { publicKey: keyOf(name) }])),
      },
    },
  }) as unknown as HostState;

/** What wg(8) says of each peer: seconds since 1970 of its handshake, bytes received. */
const wireguard = new Map<string, { handshake: number; rx: number }>();

const run: Run = async (_, argv) =>
  [...wireguard]
    .map(([name, { handshake, rx }]) => {
      const asked: Readonly<Record<string, string>> = {
        transfer: `${rx}\t7`,
        'latest-handshakes': String(handshake),
        endpoints: '192.0.2.1:1',
      };
      return `${keyOf(name)}\t${asked[argv.at(-1) ?? '']}\n`;
    })
    .join('');

const now = (): number => Math.floor(Date.now() / 1000);

/** A server that hears what it is told, and the messages by which it was. */
let listens = true;
let heard: SamplesReport[] = [];
let samples: Samples;
const peersHeard = (): Readonly<Record<string, PeerSample>> =>
  Object.fromEntries(heard.flatMap(({ peers }) => Object.entries(peers)));

beforeEach(() => {
  vi.useFakeTimers();
  [listens, heard] = [true, []];
  wireguard.clear();
  samples = new Samples(run, (report) => {
    if (listens) heard.push(report);
    return listens;
  });
});
afterEach(() => {
  samples.stop();
  vi.useRealTimers();
});

test('a tunnel that stands is told at once, and from then on once a minute', async () => {
  wireguard.set('anna', { handshake: 0, rx: 0 });
  samples.follow(stateOf('anna'));
  await vi.advanceTimersByTimeAsync(100);
  expect(peersHeard()['anna']).toEqual({ endpoint: '192.0.2.1:1', rx: 0, tx: 7 });
  wireguard.set('anna', { handshake: now(), rx: 92 });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(peersHeard()['anna']).toMatchObject({ rx: 92 });
  expect(peersHeard()['anna']?.heard).toBeLessThanOrEqual(1);
  heard = [];
  for (let second = 0; second < 55; second++) {
    wireguard.set('anna', { handshake: now(), rx: 100 + second });
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(heard).toEqual([]);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(heard).toHaveLength(1);
  expect(peersHeard()['anna']).toMatchObject({ rx: 154 });
});

test('of those that are as they were nothing is told but that all is well', async () => {
  wireguard.set('anna', { handshake: 0, rx: 0 });
  samples.follow(stateOf('anna'));
  await vi.advanceTimersByTimeAsync(1_000);
  heard = [];
  await vi.advanceTimersByTimeAsync(75_000);
  expect(heard).toEqual([{ type: 'samples', peers: {} }]);
});

test('one that falls silent is told within a look of a minute, and when it is heard again', async () => {
  wireguard.set('anna', { handshake: now(), rx: 1 });
  wireguard.set('bob', { handshake: now(), rx: 1 });
  samples.follow(stateOf('anna', 'bob'));
  for (let second = 0; second < 72; second++) {
    wireguard.set('bob', { handshake: now(), rx: second });
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(peersHeard()['anna']?.heard).toBeGreaterThanOrEqual(60);
  expect(peersHeard()['bob']?.heard).toBeLessThan(20);
  heard = [];
  wireguard.set('anna', { handshake: now(), rx: 2 });
  await vi.advanceTimersByTimeAsync(11_000);
  expect(peersHeard()).toMatchObject({ anna: { heard: 0, rx: 2 } });
});

test('a server that did not listen is told all of it when one does', async () => {
  listens = false;
  wireguard.set('anna', { handshake: now(), rx: 1 });
  samples.follow(stateOf('anna'));
  await vi.advanceTimersByTimeAsync(30_000);
  listens = true;
  samples.again();
  await vi.advanceTimersByTimeAsync(100);
  expect(Object.keys(peersHeard())).toEqual(['anna']);
});

test('a thousand peers are told in messages that a channel takes', async () => {
  const names = Array.from({ length: 1_100 }, (_, index) => `m${index}`);
  for (const name of names) wireguard.set(name, { handshake: now(), rx: 1 });
  samples.follow(stateOf(...names));
  await vi.advanceTimersByTimeAsync(100);
  expect(heard.map(({ peers }) => Object.keys(peers).length)).toEqual([500, 500, 100]);
});

test('a clock that is put back makes nothing silent', async () => {
  wireguard.set('anna', { handshake: now(), rx: 1 });
  samples.follow(stateOf('anna'));
  await vi.advanceTimersByTimeAsync(1_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(20_000);
  samples.again();
  await vi.advanceTimersByTimeAsync(100);
  expect(peersHeard()['anna']?.heard).toBeLessThan(30);
});
