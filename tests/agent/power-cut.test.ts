import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostState } from '#state';
import { until } from '../support/until.ts';
import { TestMachine } from './machine.ts';
import { atEveryWrite, cutAt } from './power-cuts.ts';
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
