import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { suite } from '../../../../tests/support/suite.ts';
import { loadedIn, loadIperf, serveIperf } from './iperf.ts';
import { type Load, loadOwn, serveOwn } from './own.ts';
import { pingedIn } from './ping.ts';
import { sentIn } from './sockets.ts';
import { busyBetween, coresIn, watch } from './watch.ts';

describe('a measurement of our own', () => {
  const address = '127.0.0.1';
  const key = randomBytes(16).toString('hex');
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  const serving = async (port: number, from = address): Promise<Load> => {
    const end = {
      id: 0,
      kind: 'serve',
      tool: 'own',
      address,
      port,
      from,
      key,
      seconds: 5,
    } as const;
    ends.push(await serveOwn(end));
    const { kind: _, from: __, ...rest } = end;
    return { ...rest, kind: 'load', direction: 'there', seconds: 1, bytes: 20_000_000 };
  };

  test.each(['there', 'back'] as const)(
    'sends %s no more than it may, and says what arrived and what went twice',
    async (direction) => {
      const load = await serving(direction === 'there' ? 24_792 : 24_793);
      const found = await loadOwn({ ...load, direction });
      // The last piece is sent whole.
      expect(found.bytes).toBeGreaterThan(19_000_000);
      expect(found.bytes).toBeLessThan(21_000_000);
      expect(found.seconds).toBeGreaterThan(0);
      expect(found.segments).toBeGreaterThan(0);
    },
  );

  test('is for who was named and knows the key, and for nobody twice', async () => {
    const load = await serving(24_794);
    await expect(loadOwn({ ...load, key: '0'.repeat(32) })).rejects.toThrow(
      /the connection was lost|ECONNRESET|EPIPE/,
    );
    await loadOwn({ ...load, bytes: 1_000_000 });
    await expect(loadOwn(load)).rejects.toThrow('ECONNREFUSED');
    const other = await serving(24_795, '192.0.2.1');
    await expect(loadOwn(other)).rejects.toThrow(/the connection was lost|ECONNRESET|EPIPE/);
  });
});

suite('iperf3', { needs: ['iperf3'] }, () => {
  test('measures the way back, and is gone after that', async () => {
    const end = { id: 0, tool: 'iperf3', address: '127.0.0.1', port: 24_796, seconds: 1 } as const;
    const key = '0'.repeat(32);
    await serveIperf({ ...end, kind: 'serve', from: end.address, key });
    const load = { ...end, kind: 'load', direction: 'back', bytes: 50_000_000, key } as const;
    const found = await loadIperf(load);
    expect(found.bytes).toBeGreaterThan(1_000_000);
    expect(found.bytes).toBeLessThan(70_000_000);
    expect(found.segments).toBeGreaterThan(0);
    await expect(loadIperf(load)).rejects.toThrow('unable to connect');
  });
});

test('what the kernel and other programs say is understood', async () => {
  const stat = (busy: number, idle: number) =>
    `cpu  1 1 1 1\ncpu0 ${busy} 0 0 ${idle} 5 0 0 0 0 0\ncpu1 0 0 0 ${busy + idle} 0 0 0 0\nintr 1\n`;
  expect(busyBetween(coresIn(stat(0, 0)), coresIn(stat(90, 10)))).toEqual({
    ...{ cores: 2, busy: 0.45, hottest: 0.9 },
  });
  expect(
    pingedIn(
      '5 packets transmitted, 4 received, 20% packet loss, time 801ms\nrtt min/avg/max/mdev = 0.1/0.2/0.3/0.0 ms',
    ),
  ).toEqual({ sent: 5, received: 4, least: 0.1, mean: 0.2, most: 0.3 });
  expect(pingedIn('5 packets transmitted, 0 received')).toEqual({ sent: 5, received: 0 });
  const socket =
    'ESTAB 0 0 1.2.3.4:5 1.2.3.4:6\n cubic mss:1368 segs_out:900 data_segs_out:800 retrans:0/7 x';
  expect(sentIn(socket)).toEqual({ again: 7, segments: 800 });
  const sums = {
    sum_sent: { bytes: 13_680, retransmits: 3 },
    sum_received: { bytes: 13_000, seconds: 2 },
  };
  expect(loadedIn(JSON.stringify({ start: { tcp_mss_default: 1368 }, end: sums }))).toEqual({
    ...{ bytes: 13_000, seconds: 2, again: 3, segments: 10 },
  });
  expect(() => loadedIn('{"error": "unable to connect"}')).toThrow('unable to connect');
  expect((await watch(0.01)).cores).toBeGreaterThan(0);
});
