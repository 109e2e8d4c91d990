import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '#base';
import type { HostState } from '#state';
import { keyNamed, type PeerInit } from '../support/states.ts';
import { TestMachine } from './machine.ts';
import { hubState, strangers } from './states.ts';

let machine: TestMachine;
const values = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));

beforeAll(async () => {
  machine = await TestMachine.open();
  machine.do('ip link add eth0 type veth peer name lan0');
  machine.do('ip address add 192.168.66.4/24 dev eth0');
  machine.do('ip link set dev eth0 up');
});

afterAll(() => machine.close());

/** Alice with these fields, beside another peer. */
const withAlice = (alice: Partial<PeerInit>): HostState => {
  const peers = strangers('vpn', 'alice');
  return hubState({ ...peers, alice: { carries: [], ...peers['alice'], ...alice } });
};

const withVersion = (version: number): HostState =>
  withAlice({ presharedKey: { id: 'psk/alice', version } });

const keyInKernel = (): string =>
  machine
    .do('wg show wg0 preshared-keys')
    .split('\n')
    .find((line) => line.startsWith(keyNamed('alice')))
    ?.split('\t')[1] ?? 'no peer';

test('a peer whose secret is not here waits; its neighbour does not', async () => {
  const report = await machine.apply(withVersion(1));
  expect(report.failures.map(({ error }) => error.code)).toEqual(['host/no-secret']);
  expect(machine.do('wg show wg0 peers').trim()).toBe(keyNamed('vpn'));
});

test('once it is here the peer comes, and its secret is in no text of ours', async () => {
  machine.store.putSecrets('net', new Map([['psk/alice@1', new Secret(values[0] ?? '')]]));
  const report = await machine.apply(withVersion(1));
  expect(report.failures).toEqual([]);
  expect(keyInKernel()).toBe(values[0]);
  expect(JSON.stringify(report)).not.toContain(values[0]);
  expect(await machine.apply(withVersion(1))).toMatchObject({ unchanged: true, writes: 0 });
});

test('a new version replaces it, a foreign value is drift, none clears it', async () => {
  machine.store.putSecrets('net', new Map([['psk/alice@2', new Secret(values[1] ?? '')]]));
  await machine.apply(withVersion(2));
  expect(keyInKernel()).toBe(values[1]);
  const foreign = Buffer.alloc(32, 9).toString('base64');
  const file = '/run/foreign.psk';
  machine.box.write(file, foreign);
  machine.do(`wg set wg0 peer ${keyNamed('alice')} preshared-key ${file}`);
  await machine.apply(withVersion(2));
  expect(keyInKernel()).toBe(values[1]);
  await machine.apply(withAlice({}));
  expect(keyInKernel()).toBe('(none)');
  expect(await machine.apply(withAlice({}))).toMatchObject({ unchanged: true, writes: 0 });
});

test('an endpoint whose name does not resolve keeps no other peer waiting', async () => {
  const endpoint = 'nowhere.invalid:51820';
  const bob = { carries: ['10.0.3.0/24'] };
  const state = hubState({
    ...strangers('vpn'),
    alice: { endpoint, carries: ['10.0.4.0/24'] },
    bob,
  });
  const report = await machine.apply(state);
  expect(report.failures).toMatchObject([{ error: { code: 'host/command-failed' } }]);
  expect(machine.do('wg show wg0 allowed-ips')).toContain('10.0.3.0/24');
});

test('an endpoint by name is set once, and found again by what the name leads to', async () => {
  const state = withAlice({ endpoint: 'localhost:51820' });
  expect((await machine.apply(state)).failures).toEqual([]);
  expect(machine.do('wg show wg0 endpoints')).toMatch(/(127\.0\.0\.1|\[::1\]):51820/);
  expect(await machine.apply(state)).toMatchObject({ unchanged: true, writes: 0 });
});
