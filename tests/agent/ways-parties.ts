import { bytes, ethernet, type Hex, hex, ipv4, ipv6, udp } from './raw-frames.ts';

/** Who speaks or is spoken to. */
export interface Party {
  readonly mac: string;
  readonly address: string;
  readonly address6: string;
}

const party = (last: number, address: number): Party => ({
  mac: `02:00:00:00:00:${last.toString(16).padStart(2, '0')}`,
  address: `10.9.0.${address}`,
  address6: `fd09::${address}`,
});

export const [one, two] = [party(1, 1), party(2, 2)];
/** The segment's router, at the same site, and a machine at another. */
export const [router, far] = [party(0xfe, 254), party(0x0f, 128)];
/** Whom no file names, and the server of the cloud's DHCP. */
export const [stranger, server] = [party(0x66, 66), party(0x67, 250)];

export const outside: Party = { ...router, address: '172.17.0.1', address6: '2001:db8::1' };
export const everybody = 'ff:ff:ff:ff:ff:ff';
export const allNodes = '33:33:00:00:00:01';

/** Where a frame is sent, and where it would be heard: a port of a machine, or the cable to the rest of the site. */
export type Port = 'vm1' | 'vm2' | 'wire';

export interface Way {
  readonly name: string;
  readonly from: Port;
  readonly to: Port;
  readonly frame: Hex;
  /** The counter that counts it, `policy deny` of the table of the policy; absent: it is honest. */
  readonly counter?: string;
}

export const over4 = (to: string, from: string, packet: Hex): Hex =>
  ethernet(to, from, '0800', packet);
export const over6 = (to: string, from: string, packet: Hex): Hex =>
  ethernet(to, from, '86dd', packet);
export const datagram = (from: Party, to: Party, port = 7000): Hex =>
  ipv4(from.address, to.address, udp(7777, port));
export const datagram6 = (from: Party, to: Party, port = 7000): Hex =>
  ipv6(from.address6, to.address6, 17, udp(7777, port));

/** The address that an interface makes of its MAC address. */
export const link = ({ mac }: Party): string => `fe80::ff:fe00:${mac.slice(-2)}`;

export const arp = (
  operation: 1 | 2,
  from: { readonly mac: string; readonly address: string },
  to: string,
): Hex =>
  `000108000604000${operation}${hex(from.mac)}${bytes(from.address)}000000000000${bytes(to)}`;

/** From the first to the second. */
export const toTwo4 = (packet: Hex): Hex => over4(two.mac, one.mac, packet);
export const toTwo6 = (packet: Hex): Hex => over6(two.mac, one.mac, packet);
