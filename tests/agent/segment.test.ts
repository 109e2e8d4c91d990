import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostState } from '#state';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { datagramOf, lies, stranger, tunnelled } from './frames.ts';
import type { TestMachine } from './machine.ts';
import { ethernet, hearer, ipv4, ipv6, sender, udp } from './raw-frames.ts';
import { megabytesThatFit } from './segment-sizes.ts';
import {
  applyBoth,
  atStation,
  broadcast,
  failing,
  file,
  flooding,
  isOwnFilter,
  keptBy,
  knox,
  openBorder,
  openGateways,
  pouta,
  proxiedAt,
  reaches,
  type Side,
  space,
  statesOf,
} from './segment-world.ts';
import { framesForMany, watchTunnel } from './tunnel-watch.ts';

const count = (text: string, what: RegExp): number => [...text.matchAll(what)].length;

/** A datagram to one machine, as a DHCP client sends when it asks for its lease again. */
const datagram = (address: string, to: number): string =>
  `const s = require('node:dgram').createSocket('udp4'); s.send('lease', ${to}, '${address}', () => s.close());`;

/** What tcpdump saw. */
const linesOf = (output: string): readonly string[] =>
  output.split('\n').filter((line) => line.includes('ethertype'));

/** The MAC address of a machine that is nowhere, and frames for it by both families. */
const nowhere = '02:00:00:00:00:99';
const lost: readonly string[] = [
  ethernet(nowhere, pouta.mac, '0800', ipv4(pouta.address, '10.9.0.77', udp(7777, 7778))),
  ethernet(nowhere, pouta.mac, '86dd', ipv6(pouta.address6, 'fd09::77', 17, udp(7777, 7778))),
];

/** A question of mDNS (RFC 6762) and a broadcast, of a machine at knox. */
const forMany: readonly string[] = [
  { mac: '01:00:5e:00:00:fb', address: '224.0.0.251' },
  { mac: 'ff:ff:ff:ff:ff:ff', address: '255.255.255.255' },
].map((all) => datagramOf(knox, all, 5353));

/** Puts frames on the port of a gateway, as its station does. */
function transmit(gateway: TestMachine, ...frames: readonly string[]): void {
  const device = /^(\d+):/.exec(atStation(gateway, 'ip -o link show dev eth0'))?.[1] ?? '';
  gateway.box.run(['ip', 'netns', 'exec', 'station', 'perl', '-e', sender, device], {
    input: frames.map((frame) => `${frame}\n`).join(''),
  });
}

const needs = ['root', 'netns', 'tun', 'tcpdump'] as const;

suite('a segment between two gateways', { needs: [...needs] }, () => {
  let a: TestMachine;
  let b: TestMachine;
  let states: { readonly a: HostState; readonly b: HostState };

  const apply = (): Promise<void> => applyBoth([a, b], states);

  /** What machines remember of each other. */
  const forget = (): void => {
    for (const gateway of [a, b]) atStation(gateway, 'ip neigh flush all');
  };

  beforeAll(async () => {
    [a, b] = await openGateways();
    states = statesOf(file, a, b);
    await apply();
  }, 60_000);

  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  test('lets its machines reach each other, and a second pass changes nothing', async () => {
    await until('one reaches the other', () => reaches(a, pouta.address), 20_000);
    expect(reaches(b, knox.address)).toBe(true);
    expect(atStation(a, `ip neigh show ${pouta.address}`)).toContain(pouta.mac);
    expect(await a.apply(states.a)).toMatchObject({ unchanged: true, writes: 0 });
  });

  test('answers ARP at home: nothing that is for all crosses the border', async () => {
    const seen = await watchTunnel(b.box);
    transmit(a, ...forMany);
    forget();
    // Nobody has this address: it is asked for by a broadcast that stays.
    expect(reaches(a, '10.9.0.77')).toBe(false);
    expect(reaches(a, pouta.address)).toBe(true);
    await until('the ping is seen', () => seen.output().includes('echo reply'));
    expect(framesForMany(seen.output())).toEqual([]);
    expect(seen.output()).not.toContain('ARP');
  });

  test('keeps DHCP in its site, also where it is for one machine, and on both sides of the border', async () => {
    const program = ['tcpdump', '-lnni', 'eth0', 'udp', 'and', 'dst', knox.address];
    const heard = a.box.start(['ip', 'netns', 'exec', 'station', ...program]);
    await until('it listens', () => heard.output().includes('listening on'));
    const inside = ['ip', 'netns', 'exec', 'station', process.execPath, '-e'];
    const send = (to: number): string => b.box.run([...inside, datagram(knox.address, to)]);
    const border = (gateway: TestMachine, before: number) =>
      until('it is counted', () => keptBy(gateway) > before);

    const sent = keptBy(b);
    send(67);
    await border(b, sent);
    // A gateway that lets it out meets one that does not let it in.
    openBorder(b);
    const received = keptBy(a);
    send(67);
    await border(a, received);
    send(6767);
    await until('all else is heard', () => heard.output().includes(`${knox.address}.6767`));
    expect(heard.output()).not.toContain(`${knox.address}.67:`);
    await apply();
  });

  test('takes from the other side what comes from a machine there, and drops and counts all else', async () => {
    const program = ['tcpdump', '-lnnei', 'eth0', 'ether', 'src', pouta.mac, 'or', stranger];
    const heard = a.box.start(['ip', 'netns', 'exec', 'station', ...program]);
    await until('it listens', () => heard.output().includes('listening on'));
    const send = (frame: string): string => b.box.run([process.execPath, '-e', tunnelled(frame)]);
    for (const { why, frame } of lies) {
      const before = keptBy(a, why);
      send(frame);
      await until(`${why} is counted`, () => keptBy(a, why) > before);
    }
    send(datagramOf(pouta, knox, 7777));
    await until('the honest one is heard', () => heard.output().includes('.7777'));
    expect(linesOf(heard.output())).toHaveLength(1);
    // Where nobody looks, every one of them arrives.
    openBorder(a);
    for (const { frame } of lies) send(frame);
    await until('all are heard', () => linesOf(heard.output()).length === 1 + lies.length);
    // They were believed, too.
    expect(atStation(a, `ip neigh show ${pouta.address}`)).toContain(stranger);
    atStation(a, 'ip neigh flush all');
    await apply();
  });

  test('lets nothing out that is not what it says to be', async () => {
    const spoofed = keptBy(a, 'spoofed');
    atStation(a, 'ip address add 10.9.0.77/24 dev eth0');
    expect(reaches(a, `-I 10.9.0.77 ${pouta.address}`)).toBe(false);
    expect(keptBy(a, 'spoofed')).toBeGreaterThan(spoofed);
    atStation(a, 'ip address del 10.9.0.77/24 dev eth0');

    atStation(a, 'ip link set dev eth0 address 02:00:00:00:00:66');
    const foreign = keptBy(a, 'spoofed');
    expect(reaches(a, pouta.address)).toBe(false);
    expect(keptBy(a, 'spoofed')).toBeGreaterThan(foreign);
    atStation(a, `ip link set dev eth0 address ${knox.mac}`);

    const offer = `const s = require('node:dgram').createSocket('udp4');
      s.bind(67, () => s.send('offer', 68, '${pouta.address}', () => s.close()));`;
    const rogue = keptBy(a, 'rogue-dhcp');
    a.box.run(['ip', 'netns', 'exec', 'station', process.execPath, '-e', offer]);
    await until('it is counted', () => keptBy(a, 'rogue-dhcp') > rogue);
    await until('an honest one reaches the other', () => reaches(a, pouta.address));
  });

  test('knows one machine more, and the networks behind it, by their elements alone', async () => {
    const nested = file.replace(`"${pouta.mac}"`, `"${pouta.mac}", allow: 192.168.7.0/24`);
    const spoofed = keptBy(a, 'spoofed');
    for (const [gateway, state] of Object.entries(statesOf(nested, a, b))) {
      const report = await (gateway === 'a' ? a : b).apply(state);
      expect(report.failures).toEqual([]);
      expect(new Set(report.changes.map(({ facility }) => facility))).toEqual(
        new Set(['nft-elements']),
      );
    }
    atStation(b, 'ip address add 192.168.7.1/32 dev lo');
    atStation(a, `ip route add 192.168.7.0/24 via ${pouta.address}`);
    await until('it is reached', () => reaches(a, '192.168.7.1'));
    expect(keptBy(a, 'spoofed')).toBe(spoofed);
    await apply();
    expect(reaches(a, '192.168.7.1')).toBe(false);
    atStation(b, 'ip address del 192.168.7.1/32 dev lo');
    atStation(a, 'ip route del 192.168.7.0/24');
  });

  test('carries a megabyte each way, from machines that know of 1500 bytes alone', async () => {
    await megabytesThatFit(a, b);
  }, 60_000);

  test('comes back when its namespace is torn down, as by a reboot, and its port was home meanwhile', async () => {
    // A device that is no hardware goes with its namespace: it is taken home first, as the kernel does with hardware.
    a.do(`ip netns exec ${space} ip link set dev eth1 netns /proc/1/ns/net`);
    a.do(`ip netns del ${space}`);
    expect(reaches(a, pouta.address)).toBe(false);
    await apply();
    await until('one reaches the other', () => reaches(a, pouta.address), 10_000);
  });

  test('comes back where only the name of its namespace is left, beside such a name of nobody', async () => {
    a.do(`ip netns exec ${space} ip link set dev eth1 netns /proc/1/ns/net`);
    a.do(`ip netns del ${space}`);
    a.do(`touch /run/netns/${space} /run/netns/hw-stale`);
    await apply();
    await until('one reaches the other', () => reaches(a, pouta.address), 10_000);
  });

  test('lets broadcasts of its machines cross where it floods, and DHCP not even then', async () => {
    states = statesOf(flooding, a, b);
    await apply();
    const program = ['tcpdump', '-lnni', 'eth0', 'udp', 'and', 'broadcast'];
    const heard = a.box.start(['ip', 'netns', 'exec', 'station', ...program]);
    await until('it listens', () => heard.output().includes('listening on'));
    const inside = ['ip', 'netns', 'exec', 'station', process.execPath, '-e'];
    const before = keptBy(b);
    b.box.run([...inside, broadcast(67)]);
    await until('it is counted', () => keptBy(b) > before);
    b.box.run([...inside, broadcast(6767)]);
    await until('the other is heard', () => heard.output().includes('.6767'));
    expect(heard.output()).not.toContain('.67:');
    expect(await b.apply(states.b)).toMatchObject({ unchanged: true, writes: 0 });
    states = statesOf(file, a, b);
    await apply();
  });

  test('lets no frame for a MAC address that nobody has cross, unless it floods', async () => {
    const ear = a.box.start(['ip', 'netns', 'exec', 'station', 'perl', '-e', hearer]);
    await until('it listens', () => ear.output().includes('listening'));
    const tunnel = await watchTunnel(b.box);
    const known = datagramOf(pouta, knox, 7779);
    transmit(b, ...lost, known);
    await until('what is for a machine is heard', () => ear.output().includes(known));
    await until('and seen', () => tunnel.output().includes(`${pouta.mac} > ${knox.mac}`));
    for (const frame of lost) expect(ear.output()).not.toContain(frame);
    expect(tunnel.output()).not.toContain(nowhere);

    states = statesOf(flooding, a, b);
    await apply();
    transmit(b, ...lost);
    await until('all are heard', () => lost.every((frame) => ear.output().includes(frame)));
    await until('and seen', () => tunnel.output().includes(`${pouta.mac} > ${nowhere}`));
    states = statesOf(file, a, b);
    await apply();
    const before = ear.output().length;
    transmit(b, ...lost, known);
    const since = (): string => ear.output().slice(before);
    await until('what is for a machine is heard', () => since().includes(known));
    for (const frame of lost) expect(since()).not.toContain(frame);
  });

  describe('where one site is in proxy mode', () => {
    const remembered = (gateway: TestMachine, { address, address6 }: Side): readonly string[] =>
      [address, address6].map((one) => atStation(gateway, `ip neigh show ${one}`));
    const ownMac = (): string =>
      /link\/ether (\S+)/.exec(b.do(`ip netns exec ${space} ip link show eth1`))?.[1] ?? '';

    beforeAll(async () => {
      for (const address of [pouta.address, pouta.address6]) expect(reaches(a, address)).toBe(true);
      states = statesOf(proxiedAt(pouta), a, b);
      await apply();
    });

    test('its machines and those of others, which remember each other, are told behind whom they are now', async () => {
      await until('those of others know', () =>
        remembered(a, pouta).every((one) => one.includes('lladdr 02:70:')),
      );
      await until('its own know', () =>
        remembered(b, knox).every((one) => one.includes(`lladdr ${ownMac()}`)),
      );
    });

    test('its machines are reached over IPv4 and IPv6, and a second pass changes nothing', async () => {
      for (const address of [pouta.address, pouta.address6]) {
        await until(`${address} is reached`, () => reaches(a, address), 10_000);
      }
      for (const address of [knox.address, knox.address6]) {
        await until(`${address} is reached`, () => reaches(b, address), 10_000);
      }
      expect(await a.apply(states.a)).toMatchObject({ unchanged: true, writes: 0 });
      expect(await b.apply(states.b)).toMatchObject({ unchanged: true, writes: 0 });
    });

    test('only the gateway’s own address and those of its machines are seen on its port', async () => {
      const own = ownMac();
      const inside = ['ip', 'netns', 'exec', space, 'tcpdump', '-lnei', 'eth1'];
      const seen = b.box.start(inside);
      await until('it listens', () => seen.output().includes('listening on'));
      forget();
      for (const address of [knox.address, knox.address6]) expect(reaches(b, address)).toBe(true);
      for (const address of [pouta.address, pouta.address6]) expect(reaches(a, address)).toBe(true);
      await until('all of it is seen', () => count(seen.output(), /echo reply/g) >= 4);
      const senders = [...seen.output().matchAll(/^\S+ (\S+) > /gm)].map(([, mac]) => mac);
      expect(new Set(senders)).toEqual(new Set([own, pouta.mac]));
      expect(seen.output()).toContain(`Reply ${knox.address} is-at ${own}`);
    });

    test('it carries a megabyte each way, and no answer for an address that nobody has', async () => {
      await megabytesThatFit(a, b);
      expect(reaches(b, '10.9.0.77')).toBe(false);
      expect(atStation(b, 'ip neigh show 10.9.0.77')).not.toContain('lladdr');
    }, 60_000);

    test('an address of the other site is not taken from its port, and DHCP stays at home', async () => {
      const kept = (why: string): number => keptBy(b, why, 'inet');
      const before = { border: kept('border'), spoofed: kept('spoofed') };
      const inside = ['ip', 'netns', 'exec', 'station', process.execPath, '-e'];
      b.box.run([...inside, datagram(knox.address, 67)]);
      await until('it is counted', () => kept('border') > before.border);
      // The same machine with an address that is not known behind this port.
      expect(atStation(b, `ping -c 1 -W 1 -I ${pouta.address} ${knox.address}`)).toContain(
        '1 received',
      );
      atStation(b, 'ip address add 10.9.0.9/24 dev eth0');
      expect(reaches(b, `-I 10.9.0.9 ${knox.address}`)).toBe(false);
      expect(kept('spoofed')).toBeGreaterThan(before.spoofed);
      atStation(b, 'ip address del 10.9.0.9/24 dev eth0');
    });

    test('both may be, and a site goes back to bridge mode', async () => {
      states = statesOf(proxiedAt(knox, proxiedAt(pouta)), a, b);
      await apply();
      await until('one reaches the other', () => reaches(a, pouta.address), 10_000);
      await until('over IPv6, too', () => reaches(a, pouta.address6), 10_000);
      states = statesOf(file, a, b);
      await apply();
      for (const [gateway, other] of [
        [a, pouta],
        [b, knox],
      ] as const) {
        await until('they are told', () =>
          remembered(gateway, other).every((one) => one.includes(other.mac)),
        );
      }
      await until('one reaches the other', () => reaches(a, pouta.address), 10_000);
      expect(await b.apply(states.b)).toMatchObject({ unchanged: true, writes: 0 });
    });
  });

  test('goes without a trace, and gives the port back; also where the filter of the machine stays at first', async () => {
    const { failures } = await a.agent(failing(isOwnFilter)).cleanup('net');
    expect(failures[0]).toMatchObject({ change: { facility: 'nft-tables' } });
    expect(new Set(failures.map(({ change }) => change?.namespace))).toEqual(new Set(['root']));
    expect(a.do('ip netns list')).not.toContain(space);
    expect((await a.cleanup('net')).failures).toEqual([]);
    const home = a.do('ip -d link show dev eth1');
    expect(home).not.toContain('alias');
    // It was down before.
    expect(home).not.toMatch(/<[^>]*\bUP\b/);
    expect(a.do('ip netns list')).not.toContain(space);
  });
});
