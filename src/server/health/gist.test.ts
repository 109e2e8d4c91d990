import { expect, test } from 'vitest';
import type { TunnelStatus } from '#api';
import { gistOf } from './gist.ts';

const end = (machine: string, endpoint: string, figure: number) => ({
  machine,
  tells: true,
  sample: { endpoint, heard: figure, handshake: figure, rx: figure, tx: figure },
});

const tunnel = (
  why: string,
  { state = 'up', endpoint = '192.0.2.1:51820', figure = 1 }: Partial<TunnelStatus & Of> = {},
): TunnelStatus => ({
  ...{ state, why, rate: figure },
  ends: [end('anna', endpoint, figure), end('worker-1', '192.0.2.9:51820', figure)],
});
interface Of {
  readonly endpoint: string;
  readonly figure: number;
}

const up = 'anna heard worker-1 3 s ago, handshake 119 s ago, answer after 1.2 ms';

test('figures make no other gist of a tunnel', () => {
  const one = gistOf(tunnel(up));
  const later = 'anna heard worker-1 4 s ago, handshake 2 min ago';
  expect(gistOf(tunnel(later, { figure: 7 }))).toBe(one);
  const down = (age: string) =>
    tunnel(`anna has heard nothing of worker-1 for ${age}, and neither the other way`, {
      state: 'down',
    });
  expect(gistOf(down('119 s'))).toBe(gistOf(down('2 min')));
  const slow = (times: string) =>
    tunnel(`an answer of worker-1 to anna takes ${times}`, { state: 'degraded' });
  expect(gistOf(slow('9.9 ms, usually 2.1 ms'))).toBe(gistOf(slow('120 ms, usually 3.0 ms')));
});

test('a state, an endpoint, another reason and another silence behind it do', () => {
  const silent = (host: string) => tunnel(`${up}; ${host} behind anna has not answered for 3 s`);
  const wrong = { state: 'degraded' } as const;
  const gists = [
    tunnel(up),
    tunnel(up, wrong),
    tunnel(up, { endpoint: '192.0.2.1:51821' }),
    tunnel('worker-1 did not answer 20 % of the last probes of anna', wrong),
    silent('disk'),
    silent('printer'),
    silent('worker-1'),
    silent('worker-2'),
    tunnel('remote-1 answers vpn-1 at 10.77.0.1', wrong),
    tunnel('remote-2 answers vpn-1 at 10.77.0.1', wrong),
    tunnel('remote-2 answers vpn-1 at 10.78.0.1', wrong),
  ].map((one) => gistOf(one));
  expect(new Set(gists).size).toBe(gists.length);
});

test('of several tunnels each counts', () => {
  const [well, ill] = [tunnel(up), tunnel(up, { state: 'stale' })];
  expect(gistOf(ill, gistOf(well))).not.toBe(gistOf(well, gistOf(ill)));
});
