import {
  advertises,
  answers,
  bytes,
  ethernet,
  fragment,
  type Hex,
  hex,
  icmpv6,
  ipv4,
  ipv6,
  nonce,
  padding,
  redirects,
  solicits,
  source,
  target,
  udp,
} from './raw-frames.ts';
import { knox, pouta } from './segment-world.ts';

/** What a machine of a site sends to a router of ours there. */
export interface DoorWay {
  readonly name: string;
  readonly frame: Hex;
  /** The counter of the segment's filter; absent: it is honest. */
  readonly counter?: string;
}

/** The MAC address of nobody. */
const stranger = '02:00:00:00:00:66';
export const addressesOfRouter = { address: '10.9.0.254', address6: 'fd09::fe' } as const;
const link = 'fe80::ff:fe00:1';

/** A report of MLDv2 without records (RFC 3810, 5.2). */
const listens = '8f00000000000000';
const toAll = (type: Hex, packet: Hex): Hex =>
  ethernet(type === '0800' ? 'ff:ff:ff:ff:ff:ff' : '33:33:00:00:00:16', stranger, type, packet);

/** Frames to the router that has this MAC address. */
export function doorWays(router: string): readonly DoorWay[] {
  const { address, address6 } = addressesOfRouter;
  const to = (packet: Hex, mac = knox.mac): Hex => ethernet(router, mac, '86dd', packet);
  const arp = (operation: 1 | 2, mac: string, from: string, length = '0604'): Hex =>
    ethernet(
      router,
      knox.mac,
      '0806',
      `00010800${length}000${operation}${hex(mac)}${bytes(from)}${hex(router)}${bytes(address)}`,
    );
  const lie = (name: string, frame: Hex, counter = 'spoofed'): DoorWay => ({
    name,
    frame,
    counter,
  });
  const own = knox.address6;
  const forOther = answers(pouta.address6, target(knox.mac));
  return [
    lie('an answer for another', to(icmpv6(own, address6, forOther))),
    lie('one from the address of the other', to(icmpv6(pouta.address6, address6, forOther))),
    lie('one from the address of its link', to(icmpv6(link, address6, forOther))),
    lie(
      'one by a machine that nobody names',
      to(icmpv6('fe80::66', address6, answers(pouta.address6, target(stranger))), stranger),
    ),
    lie(
      'one for the router itself',
      to(icmpv6(own, address6, answers(address6, target(knox.mac)))),
    ),
    lie(
      'one with the MAC address of another',
      to(icmpv6(own, address6, answers(own, target(pouta.mac)))),
    ),
    lie(
      'one behind options of the destination',
      to(ipv6(own, address6, 60, padding(58) + forOther)),
    ),
    lie('one behind options hop by hop', to(ipv6(own, address6, 0, padding(58) + forOther))),
    lie(
      'one that is the only part',
      to(ipv6(own, address6, 44, fragment(58, 0, false) + forOther)),
    ),
    lie(
      'a question from the address of another',
      to(icmpv6(pouta.address6, address6, solicits(address6, source(knox.mac)))),
    ),
    lie(
      'a question with the MAC address of another',
      to(icmpv6(own, address6, solicits(address6, source(pouta.mac)))),
    ),
    lie('an advertisement of a router', to(icmpv6(link, address6, advertises)), 'rogue-ra'),
    lie('a redirection', to(icmpv6(link, address6, redirects(own, '2001:db8::1'))), 'rogue-ra'),
    lie('ARP for another', arp(2, knox.mac, pouta.address)),
    lie('ARP for the router itself', arp(1, knox.mac, address)),
    lie('ARP with the MAC address of another', arp(2, pouta.mac, knox.address)),
    lie('ARP whose fields are of another length', arp(2, knox.mac, knox.address, '0804')),
    // For all, and so not for the router: no lie either, of which anybody should be told.
    lie(
      'a question of DHCP',
      toAll('0800', ipv4('0.0.0.0', '255.255.255.255', udp(68, 67))),
      'border',
    ),
    lie('who listens to whom', toAll('86dd', icmpv6('fe80::66', 'ff02::16', listens)), 'border'),
    lie(
      'the same before it has an address',
      toAll('86dd', icmpv6('::', 'ff02::16', listens)),
      'border',
    ),
    {
      name: 'an answer for itself',
      frame: to(icmpv6(own, address6, answers(own, target(knox.mac)))),
    },
    { name: 'one without its MAC address', frame: to(icmpv6(own, address6, answers(own))) },
    {
      name: 'one for its link',
      frame: to(icmpv6('fe80::abcd', address6, answers('fe80::abcd', target(knox.mac)))),
    },
    { name: 'a question', frame: to(icmpv6(own, address6, solicits(address6, source(knox.mac)))) },
    {
      name: 'one from its link',
      frame: to(icmpv6('fe80::abcd', address6, solicits(address6, source(knox.mac)))),
    },
    {
      name: 'whether somebody has its address',
      frame: to(icmpv6('::', 'ff02::1', solicits(own, nonce))),
    },
    {
      name: 'a question of a machine that nobody names',
      frame: to(icmpv6('fe80::66', address6, solicits(address6, source(stranger))), stranger),
    },
    { name: 'an answer by ARP', frame: arp(2, knox.mac, knox.address) },
  ];
}
