import { expect, test } from 'vitest';
import type { Watched } from '#api';
import { limitOf, type Measured } from './limit.ts';

const idle = { cores: 4, busy: 0.1, hottest: 0.2, iperf3: false };
const at = (machine: string, more: Partial<Watched> = {}) => ({ machine, ...idle, ...more });
const measured = (more: Partial<Measured> = {}): Measured => ({
  ...{ from: 'a', to: 'b', most: 1e10, probes: [], machines: [at('a'), at('b')] },
  loaded: { bytes: 1e9, seconds: 5, again: 1, segments: 100_000 },
  ...{ idle: undefined, latency: undefined },
  ...more,
});

test.each<[string, Partial<Measured>, RegExp]>([
  ['bytes', { most: 1e9 }, /more bytes tell more/],
  ['mtu', { probes: [{ loss: 0, hole: 1420 }] }, /packets of 1420 bytes none comes back/],
  [
    'wireguard-go',
    { machines: [at('a'), at('hub', { busy: 0.97, hottest: 1, wireguard: 2.84 })] },
    /^wireguard-go at hub takes 2.8 of its 4 cores, which are busy to 97 %/,
  ],
  ['cpu', { machines: [at('a', { busy: 0.95, wireguard: 0.3 })] }, /all 4 cores of a are busy/],
  ['core', { machines: [at('a', { hottest: 0.99 })] }, /one core of a is busy to 99 %/],
  [
    'loss',
    { loaded: { bytes: 1e8, seconds: 5, again: 800, segments: 100_000 } },
    /0.8 % of the segments were lost/,
  ],
  ['link', {}, /a was busy to 10 % and hardly anything was lost$/],
  [
    'link',
    {
      idle: { sent: 5, received: 5, mean: 10 },
      latency: { sent: 25, received: 25, mean: 180 },
    },
    /echoes took 180 ms instead of 10: its queue was full/,
  ],
])('what limits is %s, by evidence', (limit, more, why) => {
  expect(limitOf(measured(more))).toEqual({ limit, why: expect.stringMatching(why) });
});
