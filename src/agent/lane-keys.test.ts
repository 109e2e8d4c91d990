import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Secret } from '#base';
import type { HostState, Tunnel } from '#state';
import { Store } from './store.ts';

let folder: string;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-keys-'));
  store = new Store(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const tunnel = (lane: number, key: Omit<Tunnel['key'], 'id'> = {}): Tunnel => ({
  interface: `wg${lane}`,
  lane,
  bornIn: 'root',
  livesIn: 'root',
  listenPort: 51820 + lane,
  key: { id: `net/${lane}`, ...key },
  peers: {},
});

const confirmed = (...tunnels: readonly Tunnel[]): void =>
  store.settle(
    {
      network: 'net',
      tunnels: Object.fromEntries(tunnels.map((one) => [one.interface, one])),
    } as unknown as HostState,
    [],
  );

const files = (): readonly string[] => readdirSync(join(folder, 'keys/net')).sort();
const keyFor = (one: Tunnel): string => store.keyFor('net', one).publicKey;

test('a tunnel whose key is to go gets another, and keeps it however often it is asked', () => {
  const old = keyFor(tunnel(0));
  const next = keyFor(tunnel(0, { replaces: old }));
  expect(next).not.toBe(old);
  expect(keyFor(tunnel(0, { replaces: old }))).toBe(next);
  expect(keyFor(tunnel(0, { replaces: 'a key that is gone' }))).toBe(old);
  const { file } = store.keyFor('net', tunnel(0, { publicKey: next }));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('the old key is there to go back to, until the new one is confirmed', () => {
  const old = keyFor(tunnel(0));
  const next = keyFor(tunnel(0, { replaces: old }));
  confirmed(tunnel(0, { replaces: old }));
  expect(keyFor(tunnel(0, { publicKey: old }))).toBe(old);
  expect(keyFor(tunnel(0, { publicKey: next }))).toBe(next);
  confirmed(tunnel(0, { publicKey: next }));
  expect(files()).toEqual(['0.key']);
  expect(keyFor(tunnel(0))).toBe(next);
});

test('a new key that is not wanted after all goes', () => {
  const old = keyFor(tunnel(0));
  keyFor(tunnel(0, { replaces: old }));
  confirmed(tunnel(0, { publicKey: old }));
  expect(files()).toEqual(['0.key']);
  expect(keyFor(tunnel(0))).toBe(old);
});

test('the keys of lanes that a confirmed state has not are gone, and never come back', () => {
  const detour = keyFor(tunnel(1));
  const own = keyFor(tunnel(0));
  confirmed(tunnel(0, { publicKey: own }), tunnel(1, { publicKey: detour }));
  expect(files()).toEqual(['0.key', '1.key']);
  confirmed(tunnel(0, { publicKey: own }));
  expect(files()).toEqual(['0.key']);
  expect(keyFor(tunnel(1))).not.toBe(detour);
});

test('secrets that no state refers to are forgotten, those to come are kept', () => {
  const values = ['a@1', 'a@2', 'b@1', 'adopted-c@0'].map(
    (reference) => [reference, new Secret(reference)] as const,
  );
  store.putSecrets('net', new Map(values));
  const peer = { publicKey: 'p', presharedKey: { id: 'a', version: 1 } };
  const state = {
    network: 'net',
    tunnels: {
      main: {
        lane: 0,
        key: { id: 'net/0' },
        peers: { p: { ...peer, nextPresharedKey: { id: 'a', version: 2 } } },
      },
    },
  };
  store.settle(state as unknown as HostState, [undefined]);
  expect([...store.secrets('net').keys()]).toEqual(['a@1', 'a@2', 'adopted-c@0']);
});
