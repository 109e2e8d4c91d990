import { expect, test } from 'vitest';
import { Way } from './way.ts';

const server = '192.0.2.1';

/** A machine that can be moved about; `asks`: whether its server is asked for a sign of life then. */
function machine() {
  const now = { route: { dev: 'eth0', prefsrc: '192.0.2.7' } as object | undefined, isUp: true };
  const run = async () => (now.route ? `${JSON.stringify([now.route])}\n` : '');
  const way = new Way(run, () => now.isUp);
  return { now, asks: (remote: string | undefined = server) => way.isAnother(remote) };
}

test('a machine that is where it was asks nobody', async () => {
  const { asks } = machine();
  expect([await asks(), await asks(), await asks()]).toEqual([false, false, false]);
});

test.each([
  ['has another address', { dev: 'eth0', prefsrc: '192.0.2.8' }],
  ['has another gateway', { dev: 'eth0', gateway: '192.0.2.254', prefsrc: '192.0.2.7' }],
  ['speaks by another device', { dev: 'wlan0', prefsrc: '192.0.2.7' }],
])('a machine that %s asks once', async (_, route) => {
  const { now, asks } = machine();
  await asks();
  now.route = route;
  expect([await asks(), await asks()]).toEqual([true, false]);
});

test('a machine that is out of any network asks when it is in one again, also in the same', async () => {
  const { now, asks } = machine();
  await asks();
  const { route } = now;
  now.route = undefined;
  expect(await asks()).toBe(false);
  now.route = route;
  expect([await asks(), await asks()]).toEqual([true, false]);
});

test('a machine whose cable is out asks when it is in again', async () => {
  const { now, asks } = machine();
  await asks();
  now.isUp = false;
  expect(await asks()).toBe(false);
  now.isUp = true;
  expect([await asks(), await asks()]).toEqual([true, false]);
});

test('a connection to another server is in no doubt, and what cannot be known is none', async () => {
  const { now, asks } = machine();
  expect(await asks(undefined)).toBe(false);
  await asks();
  now.route = { dev: 'eth0', prefsrc: '192.0.2.8' };
  expect(await asks('198.51.100.1')).toBe(false);
  const mute = new Way(
    async () => Promise.reject(new Error('no ip')),
    () => true,
  );
  expect([await mute.isAnother(server), await mute.isAnother(server)]).toEqual([false, false]);
});
