import {
  advertises,
  answers,
  bytes,
  ethernet,
  hex,
  icmpv6,
  ipv4,
  ipv6,
  redirects,
  target,
  udp,
} from './raw-frames.ts';
import { knox, pouta, type Side } from './segment-world.ts';

/** The MAC address of nobody. */
export const stranger = '02:00:00:00:00:66';
/** An address of the segment that nobody has. */
const vacant = '10.9.0.77';

const arpAnswer = (mac: string, address: string, to: Speaker): string =>
  `0001080006040002${hex(mac)}${bytes(address)}${hex(to.mac)}${bytes(to.address)}`;

/** A machine as frames know it. */
export type Speaker = Pick<Side, 'mac' | 'address'>;

/** A datagram as a machine of the segment sends it to another, by IPv4 or IPv6. */
export const datagramOf = (from: Speaker, to: Speaker, port: number, source = 7777): string =>
  to.address.includes(':')
    ? ethernet(to.mac, from.mac, '86dd', ipv6(from.address, to.address, 17, udp(source, port)))
    : ethernet(to.mac, from.mac, '0800', ipv4(from.address, to.address, udp(source, port)));

const router = 'fe80::1';

export interface Lie {
  /** How it is counted. */
  readonly why: string;
  readonly frame: string;
}

/** What one machine sends another over IP as if it were somebody else: one with an address that nobody has, and a DHCP server. */
export function ipLies(from: Speaker, to: Speaker, vacant: string): readonly Lie[] {
  const [server, client] = to.address.includes(':') ? [547, 546] : [67, 68];
  return [
    { why: 'spoofed', frame: datagramOf({ ...from, address: vacant }, to, 7778) },
    { why: 'spoofed', frame: datagramOf({ ...from, mac: stranger }, to, 7778) },
    { why: 'rogue-dhcp', frame: datagramOf(from, to, client, server) },
  ];
}

/** What a machine says to one of another site by neighbour discovery, with its own address and with another's. */
export function discoveryLies(
  { mac, address }: Speaker,
  to: Speaker,
  vacant: string,
): readonly Lie[] {
  const say = (from: string, message: string): string =>
    ethernet(to.mac, mac, '86dd', icmpv6(from, to.address, message));
  return [
    { why: 'rogue-ra', frame: say(address, advertises) },
    { why: 'spoofed', frame: say(vacant, answers(vacant, target(mac))) },
    // In its own name it may speak, but not across.
    { why: 'border', frame: say(address, answers(vacant, target(mac))) },
    { why: 'border', frame: say(address, redirects(vacant, to.address)) },
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
