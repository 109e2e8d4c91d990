import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostState } from '#state';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { addressesOfRouter, doorWays } from './door-ways.ts';
import type { TestMachine } from './machine.ts';
import { bytes, ethernet, hearer, hex, ipv4, ipv6, sender, udp } from './raw-frames.ts';
import { routed, router } from './router-world.ts';
import {
  applyBoth,
  atStation,
  knox,
  openGateways,
  packetsOf,
  pouta,
  reaches,
  space,
  statesOf,
} from './segment-world.ts';

suite('a router of a segment, and ways round its door', { needs: ['root', 'netns', 'tun'] }, () => {
  let a: TestMachine;
  let b: TestMachine;
  let states: { readonly a: HostState; readonly b: HostState };

  const apply = (): Promise<void> => applyBoth([a, b], states);

  const macOfRouter = (): string =>
    /link\/ether (\S+)/.exec(a.do(`ip netns exec ${router} ip link show dev vni7`))?.[1] ?? '';
  /** Frames as the machine of a site puts them on its port. */
  const sends = (gateway: TestMachine, frame: string): void => {
    const device = /^(\d+):/.exec(atStation(gateway, 'ip -o link show dev eth0'))?.[1] ?? '';
    const program = ['perl', '-e', sender, device];
    gateway.box.run(['ip', 'netns', 'exec', 'station', ...program], { input: `${frame}\n` });
  };
  const heardIn = async (gateway: TestMachine, namespace: string) => {
    const ear = gateway.box.start(['ip', 'netns', 'exec', namespace, 'perl', '-e', hearer]);
    await until('it listens', () => ear.output().includes('listening'));
    return (frame: string): boolean => ear.output().includes(frame);
  };
  const counts = (gateway: TestMachine, why: string): number =>
    packetsOf(gateway.do(`ip netns exec ${space} nft list counter bridge hawser-net ${why}`));
  const opens = (gateway: TestMachine, chain: string): string =>
    gateway.do(`ip netns exec ${space} nft flush chain bridge hawser-net ${chain}`);

  beforeAll(async () => {
    [a, b] = await openGateways();
    states = statesOf(routed(), a, b);
    await apply();
    await until('it is reached', () => reaches(b, addressesOfRouter.address), 20_000);
  }, 60_000);

  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  test('is told by nobody of its site where another is, however that is said, and by each where it is itself', async () => {
    const hears = await heardIn(a, router);
    const ways = doorWays(macOfRouter());
    for (const { name, frame, counter } of ways) {
      const before = counter === undefined ? 0 : counts(a, counter);
      sends(a, frame);
      if (counter === undefined) await until(`heard: ${name}`, () => hears(frame), 3_000);
      else await until(`counted: ${name}`, () => counts(a, counter) > before, 3_000);
    }
    const lies = ways.filter(({ counter }) => counter !== undefined);
    expect(lies.filter(({ frame }) => hears(frame)).map(({ name }) => name)).toEqual([]);
    expect(reaches(a, addressesOfRouter.address6)).toBe(true);
    // Nobody looks: all of them arrive, and one is believed.
    opens(a, 'forward');
    for (const { name, frame } of lies) {
      sends(a, frame);
      await until(`heard: ${name}`, () => hears(frame), 3_000);
    }
    await apply();
    a.do(`ip netns exec ${router} ip neigh flush dev vni7`);
    await until('it is reached', () => reaches(a, addressesOfRouter.address6));
  }, 40_000);

  test('keeps its MAC address: nobody on the port has the bridge find him instead', async () => {
    const mac = macOfRouter();
    const usurping = ethernet(
      'ff:ff:ff:ff:ff:ff',
      mac,
      '0806',
      `0001080006040001${hex(mac)}${bytes(knox.address)}${hex(mac)}${bytes(knox.address)}`,
    );
    const foundAt = (): string =>
      a
        .do(`ip netns exec ${space} bridge fdb show br bridge`)
        .split('\n')
        .find((line) => line.startsWith(mac)) ?? '';
    await until('it is found', () => reaches(b, addressesOfRouter.address));
    expect(foundAt()).toContain('dev router');
    const before = counts(a, 'spoofed');
    sends(a, usurping);
    await until('it is counted', () => counts(a, 'spoofed') > before);
    expect(foundAt()).toContain('dev router');
    opens(a, 'prerouting');
    sends(a, usurping);
    await until('he is found instead', () => foundAt().includes('dev eth1'));
    await apply();
    // It is found again where it speaks itself.
    a.do(`ip netns exec ${router} ping -c 1 -W 1 ${pouta.address}`);
    await until('it is found again', () => foundAt().includes('dev router'));
    await until('and reached', () => reaches(b, addressesOfRouter.address));
  }, 40_000);

  test('takes nothing that is for another, and no machine takes what is for it', async () => {
    const mac = macOfRouter();
    const [atRouter, atKnox] = [await heardIn(a, router), await heardIn(a, 'station')];
    const data = (to: string, address: string): string =>
      address.includes(':')
        ? ethernet(to, pouta.mac, '86dd', ipv6(pouta.address6, address, 17, udp(7777, 7000)))
        : ethernet(to, pouta.mac, '0800', ipv4(pouta.address, address, udp(7777, 7000)));
    const ways = [
      { frame: data(mac, knox.address), hears: atRouter },
      { frame: data(mac, knox.address6), hears: atRouter },
      { frame: data(knox.mac, addressesOfRouter.address), hears: atKnox },
      { frame: data(knox.mac, '2001:db8::1'), hears: atKnox },
    ];
    for (const { frame } of ways) {
      const before = counts(b, 'border');
      sends(b, frame);
      await until('it is kept', () => counts(b, 'border') > before, 3_000);
    }
    // One that lets it out meets one that does not let it in.
    opens(b, 'forward');
    for (const { frame } of ways) {
      const before = counts(a, 'border');
      sends(b, frame);
      await until('it is not let in', () => counts(a, 'border') > before, 3_000);
    }
    expect(ways.filter(({ frame, hears }) => hears(frame))).toEqual([]);
    opens(a, 'forward');
    for (const { frame, hears } of ways) {
      sends(b, frame);
      await until('it is heard', () => hears(frame), 3_000);
    }
    await apply();
  }, 40_000);
});
