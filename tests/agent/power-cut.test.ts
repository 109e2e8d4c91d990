import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Run } from '#host';
import type { HostState } from '#state';
import { until } from '../support/until.ts';
import { TestMachine } from './machine.ts';
import { hubState, strangers } from './states.ts';

let machine: TestMachine;
let untouched: string;

const before: HostState = hubState(strangers('vpn', 'alice'), {
  addresses: ['10.0.0.1/32', '10.0.0.9/32', 'fd00:77::1/128'],
});
const after: HostState = hubState(
  {
    ...strangers('vpn'),
    bob: { endpoint: '198.51.100.20:51820', carries: ['10.0.1.1/32', '192.168.77.0/24'] },
  },
  { mtu: 1380, addresses: ['10.0.0.1/32', 'fd00:77::7/128'] },
);

beforeAll(async () => {
  machine = await TestMachine.open();
  machine.do('ip link add eth0 type veth peer name lan0');
  machine.do('ip address add 192.168.66.4/24 dev eth0');
  machine.do('ip link set eth0 up');
  machine.do('ip link set lan0 up');
  await until('its cable is up', () => !/DOWN/.test(machine.do('ip -br link show type veth')));
  untouched = plain(machine.picture());
});

afterAll(() => machine.close());

/** Link-local addresses come late and at random. */
const plain = (picture: string): string =>
  picture.replaceAll(/ ?(?:local )?fe80::\S+( dev \S+.*)?/g, '');

class PowerCut extends Error {}

/** Runs programs until the n-th write, at which everything ends: as kill -9 does, before any clean-up. */
const cutBefore =
  (n: number, writes: { count: number }) =>
  (run: Run): Run =>
  (purpose, argv, options) => {
    if (writes.count >= n) return Promise.reject(new PowerCut());
    if (purpose === 'write' && ++writes.count >= n) return Promise.reject(new PowerCut());
    return run(purpose, argv, options);
  };

/** Tries the work with a power cut at the n-th write; whether it came to that. */
async function cutAt(n: number, work: (wrap: (run: Run) => Run) => Promise<unknown>) {
  const writes = { count: 0 };
  try {
    await work(cutBefore(n, writes));
    return false;
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    return true;
  }
}

/** Does the same for the first write, the second, and so on until it gets through. */
async function atEveryWrite(one: (n: number) => Promise<boolean>): Promise<number> {
  let n = 1;
  while (await one(n)) n++;
  return n - 1;
}

describe('after a power cut before any write the next run finishes the job', () => {
  test('from nothing', async () => {
    const cuts = await atEveryWrite(async (n) => {
      const cut = await cutAt(n, (wrap) => machine.apply(before, wrap));
      expect((await machine.apply(before)).failures).toEqual([]);
      expect(await machine.apply(before)).toMatchObject({ unchanged: true, writes: 0 });
      await machine.cleanup('net');
      return cut;
    });
    expect(cuts).toBeGreaterThan(8);
  });

  test('from one state to another', async () => {
    const cuts = await atEveryWrite(async (n) => {
      await machine.apply(before);
      const cut = await cutAt(n, (wrap) => machine.apply(after, wrap));
      expect((await machine.apply(after)).failures).toEqual([]);
      expect(await machine.apply(after)).toMatchObject({ unchanged: true, writes: 0 });
      return cut;
    });
    expect(cuts).toBeGreaterThan(3);
  });

  test('in a cleanup', async () => {
    const cuts = await atEveryWrite(async (n) => {
      await machine.apply(before);
      const cut = await cutAt(n, (wrap) => machine.agent(wrap).cleanup('net'));
      expect((await machine.cleanup('net')).failures).toEqual([]);
      expect(plain(machine.picture())).toBe(untouched);
      return cut;
    });
    expect(cuts).toBeGreaterThan(5);
  });

  test('when nobody comes but a cleanup', async () => {
    await atEveryWrite(async (n) => {
      const cut = await cutAt(n, (wrap) => machine.apply(before, wrap));
      expect((await machine.cleanup('net')).failures).toEqual([]);
      expect(plain(machine.picture())).toBe(untouched);
      return cut;
    });
  });
});
