import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HostState } from '#state';
import type { Said } from '../lookups/ask-server.ts';
import { NameServers, nameServersIn } from './name-servers.ts';

const state = {
  namespaces: {
    'hw-net-lab': {
      addresses: { v: 1, items: [{ device: 'bridge', address: '10.9.0.10/24' }] },
      dhcpServers: {
        v: 1,
        items: [{ device: 'bridge', dns: ['10.9.0.10'], zones: ['net.internal'] }],
      },
      names: { v: 1, items: [{ address: '10.9.0.11', names: ['a-1.net.internal'] }] },
    },
    root: {},
  },
} as unknown as HostState;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A look at a server that says this, and how often it was asked. */
function looking() {
  const seen = { said: { addresses: ['10.9.0.11'] } as Said, asked: 0 };
  const servers = new NameServers(async () => {
    seen.asked++;
    return seen.said;
  });
  servers.follow(state);
  const codes = async (ms: number): Promise<readonly string[]> => {
    await vi.advanceTimersByTimeAsync(ms);
    return servers.findings.map(({ message }) => message);
  };
  return { seen, codes, servers };
}

test('one that answers for names is asked at its own address for one of them', () => {
  expect(nameServersIn(state)).toEqual([
    { space: 'hw-net-lab', segment: 'hw-net-lab', address: '10.9.0.10', name: 'a-1.net.internal' },
  ]);
  const without = {
    namespaces: {
      root: {},
      x: { dhcpServers: { v: 1, items: [{ device: 'b', dns: [], zones: [] }] } },
    },
  };
  expect(nameServersIn(without as unknown as HostState)).toEqual([]);
});

test('two answers in a row that do not come are told of, until one comes', async () => {
  const { seen, codes, servers } = looking();
  expect(await codes(10_000)).toEqual([]);
  expect(seen.asked).toBe(1);
  seen.said = { error: 'ETIMEOUT' };
  expect(await codes(57_000)).toEqual([]);
  expect(await codes(5_000)).toEqual([expect.stringContaining('10.9.0.10')]);
  seen.said = { error: 'ENOTFOUND' };
  expect(await codes(5_000)).toEqual([]);
  servers.stop();
  const { asked } = seen;
  await codes(200_000);
  expect(seen.asked).toBe(asked);
});

test('it is asked rarely while it answers, and what could not be asked says nothing of it', async () => {
  const { seen, codes, servers } = looking();
  seen.said = { error: 'there is no such namespace' };
  expect(await codes(605_000)).toEqual([]);
  expect(seen.asked).toBeLessThanOrEqual(11);
  servers.follow(undefined);
  servers.stop();
});
