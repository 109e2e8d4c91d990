import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import type { HostState } from '#state';
import { askOf } from './probe-message.ts';
import { Probes } from './probes.ts';

const port = 24_791;
const quick = { every: 20, lost: 100, largeEvery: 2, again: 20 };
const [own, other] = ['127.0.77.1', '127.0.77.2'] as const;

const stateOf = (address: string, ...peers: readonly string[]): HostState =>
  ({
    probes: {
      ...{ address, port },
      peers: Object.fromEntries(peers.map((peer) => [peer, { address: peer, mtu: 1408 }])),
    },
  }) as unknown as HostState;

const running: Probes[] = [];
function begin(address: string, ...peers: readonly string[]): Probes {
  const probes = new Probes(() => undefined, quick);
  running.push(probes);
  probes.follow(stateOf(address, ...peers));
  return probes;
}
afterEach(() => {
  for (const probes of running.splice(0)) probes.stop();
});
const soon = { interval: 5, timeout: 3_000 };

test('two agents answer each other, and whoever goes falls silent', async () => {
  const mine = begin(own, other);
  const theirs = begin(other);
  await expect.poll(() => mine.of(other), soon).toMatchObject({ loss: 0, answered: 0 });
  expect(mine.of(other)?.rtt).toBeLessThan(50);
  await expect.poll(() => mine.levelOf(other), soon).toBe('answers');
  theirs.stop();
  await expect.poll(() => mine.of(other)?.mute, soon).toBe(true);
  // Who is there again is heard again.
  begin(other);
  await expect.poll(() => mine.of(other)?.mute, soon).toBeUndefined();
});

test('an address that comes later is waited for', async () => {
  const taken = createSocket('udp4').bind(port, other);
  await once(taken, 'listening');
  const theirs = begin(other, own);
  begin(own);
  taken.close();
  await expect.poll(() => theirs.of(own)?.loss, soon).toBe(0);
});

test('nobody is answered who asks from another port, or says nonsense', async () => {
  begin(own);
  const stranger = createSocket('udp4').bind(0, other);
  const known = createSocket('udp4').bind(port, other);
  await Promise.all([once(stranger, 'listening'), once(known, 'listening')]);
  const heard: string[] = [];
  stranger.on('message', () => heard.push('stranger'));
  known.on('message', (data) => heard.push(`known ${data.length}`));
  const ask = askOf(1, Buffer.alloc(8), 300);
  for (const data of [Buffer.from('x'), Buffer.alloc(40), ask.subarray(0, 12)]) {
    known.send(data, port, own);
  }
  stranger.send(ask, port, own);
  // Sent until it is heard: what listens may not listen yet.
  const again = setInterval(() => known.send(ask, port, own), 20);
  await expect.poll(() => heard, soon).toContain('known 300');
  clearInterval(again);
  expect(new Set(heard)).toEqual(new Set(['known 300']));
  stranger.close();
  known.close();
});
