import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostState } from '#state';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import type { TestMachine } from './machine.ts';
import { applyBoth, file, openGateways, pouta, reaches, space, statesOf } from './segment-world.ts';

suite('a segment whose port was away', { needs: ['root', 'netns', 'tun'] }, () => {
  let a: TestMachine;
  let b: TestMachine;
  let states: { readonly a: HostState; readonly b: HostState };

  const apply = (): Promise<void> => applyBoth([a, b], states);

  /** A device that is no hardware would go with its namespace: it is taken home first, as the kernel does with hardware. */
  function goHome(): void {
    a.do(`ip netns exec ${space} ip link set dev eth1 netns /proc/1/ns/net`);
    a.do(`ip netns del ${space}`);
  }

  beforeAll(async () => {
    [a, b] = await openGateways();
    states = statesOf(file, a, b);
    await apply();
    await until('one reaches the other', () => reaches(a, pouta.address), 20_000);
  }, 60_000);

  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  test('has the MTU of its port, also where that comes later', async () => {
    const link = (): string => a.do(`ip netns exec ${space} ip link show dev vxlan`);
    goHome();
    a.do('ip link set dev eth1 name late mtu 1400');
    expect((await a.apply(states.a)).failures).toMatchObject([{ error: { code: 'host/no-port' } }]);
    expect(link()).not.toContain('mtu 1400');
    a.do('ip link set dev late name eth1');
    await apply();
    expect(link()).toContain('mtu 1400');
  });

  test.each([
    {
      use: 'has an address',
      begin: ['ip address add 192.0.2.9/24 dev eth1'],
      end: 'ip address flush dev eth1',
      why: 'it has the address 192.0.2.9/24',
      kept: ['address show dev eth1', ' 192.0.2.9/24 '],
    },
    {
      use: 'is on a bridge',
      begin: ['ip link add br9 type bridge', 'ip link set dev eth1 master br9'],
      end: 'ip link del dev br9',
      why: 'it is on the bridge br9',
      kept: ['link show dev eth1', ' master br9 '],
    },
  ])(
    'leaves a port alone that $use, while all else works, and takes it when that is over',
    async ({ begin, end, why, kept: [shown = '', use = ''] }) => {
      goHome();
      for (const line of begin) a.do(line);
      const { failures } = await a.apply(states.a);
      expect(failures).toMatchObject([
        { error: { code: 'host/port-in-use', message: expect.stringContaining(why) } },
      ]);
      expect(a.do(`ip ${shown}`)).toContain(use);
      a.do(`ping -c 1 -W 1 ${pouta.overlay}`);
      expect(reaches(a, pouta.address)).toBe(false);
      a.do(end);
      await apply();
      await until('one reaches the other', () => reaches(a, pouta.address), 10_000);
    },
  );
});
