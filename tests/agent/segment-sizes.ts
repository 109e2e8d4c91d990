import { expect } from 'vitest';
import { until } from '../support/until.ts';
import type { TestMachine } from './machine.ts';
import { atStation, knox, megabyte, port, pouta } from './segment-world.ts';

/** The first packets of connections, by both families: tcpdump knows of flags in IPv4 alone. */
const begins = '(tcp[tcpflags] & tcp-syn != 0) or (ip6 proto 6 and ip6[53] & 2 != 0)';
/** The same in VXLAN, behind its header and that of Ethernet. */
const beginsInside = `udp port ${port} and ((udp[28:2] = 0x0800 and udp[39] = 6 and udp[63] & 2 != 0)
  or (udp[28:2] = 0x86dd and udp[36] = 6 and udp[83] & 2 != 0))`;

/** The segment sizes (MSS) that an address told in such packets. */
const sizesOf = (seen: string, from: string): readonly string[] =>
  seen
    .split('\n')
    .filter((line) => /\bIP6? (\S+)\.\d+ > /.exec(line)?.[1] === from)
    .map((line) => /mss (\d+)/.exec(line)?.[1] ?? '');

/**
 * A megabyte each way by both families between the stations of two gateways. In the tunnel both sides say what fits,
 * whoever asks first: 1440 without the headers of VXLAN, IP and TCP. At home each says what its Ethernet takes.
 */
export async function megabytesThatFit(a: TestMachine, b: TestMachine): Promise<void> {
  // Else they may know it from errors (ICMP).
  for (const gateway of [a, b])
    for (const family of ['-4', '-6']) atStation(gateway, `ip ${family} route flush cache`);
  const atHome = ['ip', 'netns', 'exec', 'station', 'tcpdump', '-lnni', 'eth0', begins];
  const inTunnel = ['tcpdump', '-lnni', 'wg0', '-T', 'vxlan', beginsInside];
  const [home, tunnel] = [b.box.start(atHome), b.box.start(inTunnel)];
  for (const seen of [home, tunnel])
    await until('it listens', () => seen.output().includes('listening on'));
  await megabyte(a, b, pouta.address);
  await megabyte(b, a, knox.address);
  await megabyte(a, b, pouta.address6);
  await megabyte(b, a, knox.address6);
  for (const seen of [home, tunnel])
    await until('all answers are seen', () => seen.output().split('[S.]').length > 4);
  const told = ({ output }: typeof home): Readonly<Record<string, readonly string[]>> =>
    Object.fromEntries(
      [knox, pouta]
        .flatMap(({ address, address6 }) => [address, address6])
        .map((from) => [from, [...new Set(sizesOf(output(), from))]]),
    );
  const fits = { [knox.address]: ['1350'], [knox.address6]: ['1330'] };
  expect(told(tunnel)).toEqual({
    ...fits,
    ...{ [pouta.address]: ['1350'], [pouta.address6]: ['1330'] },
  });
  expect(told(home)).toEqual({
    ...fits,
    ...{ [pouta.address]: ['1460'], [pouta.address6]: ['1440'] },
  });
}
