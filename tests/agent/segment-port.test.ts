import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostState } from '#state';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import type { TestMachine } from './machine.ts';
import { applyBoth, file, openGateways, pouta, reaches, space, statesOf } from './segment-world.ts';

/** A state by another port, as of a file that cannot know what the machine has by that name. */
const onDevice = (state: HostState, device: string): HostState =>
  JSON.parse(JSON.stringify(state).replaceAll('"eth1"', JSON.stringify(device))) as HostState;

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

  describe.each([
    { whose: 'of ours', device: 'wg0', begin: [], end: [] },
    {
      whose: 'of others, which is up and has no address',
      device: 'theirs',
      begin: ['ip tuntap add dev theirs mode tun', 'ip link set dev theirs up'],
      end: ['ip link del dev theirs'],
    },
  ])('that is a tunnel $whose', ({ device, begin, end }) => {
    const why = `the device ${device} cannot be the port of a segment: it is a tunnel`;

    beforeAll(async () => {
      for (const line of begin) a.do(line);
      await applyBoth([a, b], states);
    });

    afterAll(async () => {
      await apply();
      for (const line of end) a.do(line);
    });

    test.each([
      ['bridged', ''],
      ['routed', ', mode: proxy'],
      ['tagged', ', vlan: 9'],
    ])('is left as it is where it should be %s, and all else works', async (_, more) => {
      const link = (): string => a.do(`ip -o link show dev ${device}`);
      const before = link();
      const wanted = onDevice(statesOf(file.replace('port: eth1', `$&${more}`), a, b).a, device);
      for (const pass of ['first', 'second']) {
        const { failures } = await a.apply(wanted);
        // What lies on the port waits for it.
        const [only, ...others] = failures.filter(
          ({ error }) => error.code !== 'host/needs-device',
        );
        expect(only?.error.code, pass).toBe('host/port-in-use');
        expect(only?.error.message).toContain(why);
        expect(others).toEqual([]);
      }
      expect(link()).toBe(before);
      a.do(`ping -c 1 -W 1 ${pouta.overlay}`);
      expect(reaches(a, pouta.address)).toBe(false);
    });
  });
});
