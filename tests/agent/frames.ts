import { bytes, ethernet, hex, icmpv6, ipv4, udp } from './raw-frames.ts';
import { knox, pouta, type Side } from './segment-world.ts';

/** The MAC address of nobody. */
export const stranger = '02:00:00:00:00:66';
/** An address of the segment that nobody has. */
const vacant = '10.9.0.77';

const arpAnswer = (mac: string, address: string, to: Speaker): string =>
  `0001080006040002${hex(mac)}${bytes(address)}${hex(to.mac)}${bytes(to.address)}`;

/** A machine as frames know it. */
export type Speaker = Pick<Side, 'mac' | 'address'>;

/** A datagram as a machine of the segment sends it to another. */
export const datagramOf = (from: Speaker, to: Speaker, port: number): string =>
  ethernet(to.mac, from.mac, '0800', ipv4(from.address, to.address, udp(7777, port)));

const router = 'fe80::1';

interface Lie {
  /** How it is counted. */
  readonly why: string;
  readonly frame: string;
}

/** What one machine sends another over IPv4 as if it were somebody else: one with an address that nobody has, and a DHCP server. */
export function ipLies({ mac, address }: Speaker, to: Speaker, vacant: string): readonly Lie[] {
  const datagram = (from: string, source = 7777): string =>
    ipv4(from, to.address, udp(source, source + 1));
  return [
    { why: 'spoofed', frame: ethernet(to.mac, mac, '0800', datagram(vacant)) },
    { why: 'spoofed', frame: ethernet(to.mac, stranger, '0800', datagram(address)) },
    { why: 'rogue-dhcp', frame: ethernet(to.mac, mac, '0800', datagram(address, 67)) },
  ];
}

/** The same by what is never routed. */
export function linkLies({ mac, address }: Speaker, to: Speaker, vacant: string): readonly Lie[] {
  const frame = (type: string, payload: string) => ethernet(to.mac, mac, type, payload);
  return [
    { why: 'spoofed', frame: frame('0806', arpAnswer(mac, vacant, to)) },
    { why: 'spoofed', frame: frame('0806', arpAnswer(stranger, address, to)) },
    {
      why: 'rogue-ra',
      // To one machine: what is for all is not even passed on.
      frame: frame('86dd', icmpv6(router, 'ff02::1', `86000000${'0'.repeat(24)}`)),
    },
    // An answer for another: the neighbour's advertisement (RFC 4861, 4.4).
    {
      why: 'spoofed',
      frame: frame('86dd', icmpv6('fd09::1', 'fd09::2', `8800000060000000${bytes('fd09::77')}`)),
    },
    { why: 'not-ip', frame: frame('88b5', '61'.repeat(46)) },
  ];
}

/** What crosses no border, as if the other gateway had let it out. */
export const lies: readonly Lie[] = [
  ...ipLies(pouta, knox, vacant),
  ...linkLies(pouta, knox, vacant),
];

/** A program that sends a frame through the tunnel to the gateway of Knox, in the VXLAN of the segment. */
export const tunnelled = (
  frame: string,
): string => `const s = require('node:dgram').createSocket('udp4');
s.send(Buffer.from('0800000000000700${frame}', 'hex'), 14789, '${knox.overlay}', () => s.close());`;
