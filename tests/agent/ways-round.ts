import {
  advertises,
  answers,
  asksRouter,
  ethernet,
  fragment,
  type Hex,
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
import {
  allNodes,
  arp,
  datagram,
  datagram6,
  everybody,
  far,
  link,
  one,
  outside,
  over4,
  over6,
  type Port,
  router,
  stranger,
  toTwo4,
  toTwo6,
  two,
  type Way,
} from './ways-parties.ts';

/** A message of ICMPv6 behind other headers. */
const behind = (from: string, to: string, first: number, headers: Hex, message: Hex): Hex =>
  ipv6(from, to, first, headers + message);

const from1 = (name: string, counter: string, frame: Hex, to: Port = 'vm2'): Way => ({
  name,
  ...{ from: 'vm1', to, frame, counter },
});
const from2 = (name: string, counter: string, frame: Hex, to: Port = 'wire'): Way => ({
  name,
  ...{ from: 'vm2', to, frame, counter },
});
const fromWire = (name: string, counter: string, frame: Hex, to: Port = 'vm1'): Way => ({
  name,
  ...{ from: 'wire', to, frame, counter },
});

/** By MAC addresses of others than have the address, or lead to it. */
const byMac: readonly Way[] = [
  from1('what is outside, by a neighbour', 'stray', toTwo4(datagram(one, outside))),
  from1('the same over IPv6', 'stray', toTwo6(datagram6(one, outside))),
  from1(
    'what is outside, by everybody',
    'stray',
    over4(everybody, one.mac, datagram(one, outside)),
  ),
  from1(
    'what is outside, by whom nobody knows',
    'stray',
    over6(stranger.mac, one.mac, datagram6(one, outside)),
  ),
  from1('what is for many, to one', 'stray', toTwo4(ipv4(one.address, '224.0.0.5', udp(1, 2)))),
  from1(
    'what is for a machine at another site, to a neighbour',
    'stray',
    toTwo4(datagram(one, far)),
  ),
  from1('the same over IPv6', 'stray', toTwo6(datagram6(one, far))),
  from1(
    'what is for a neighbour, by whom nobody knows',
    'stray',
    over4(stranger.mac, one.mac, datagram(one, two)),
  ),
  from1('what is for a neighbour, to many', 'stray', over6(allNodes, one.mac, datagram6(one, two))),
  fromWire('from outside, by a machine', 'stray', over4(one.mac, far.mac, datagram(outside, one))),
  fromWire('the same over IPv6', 'stray', over6(one.mac, far.mac, datagram6(outside, one))),
  fromWire(
    'from outside, by whom nobody knows',
    'stray',
    over4(one.mac, stranger.mac, datagram(outside, one)),
  ),
  fromWire(
    'as a machine at another site',
    'stray',
    over4(one.mac, stranger.mac, datagram(far, one)),
  ),
  from2(
    'as a machine at another site, from a port',
    'spoofed',
    over4(one.mac, far.mac, datagram(far, one)),
    'vm1',
  ),
  from2(
    'the same by its own MAC address',
    'spoofed',
    over6(one.mac, two.mac, datagram6(far, one)),
    'vm1',
  ),
];

/** What says nothing that a rule speaks of. */
const byShape: readonly Way[] = [
  from1(
    'by the address of the link',
    'policy deny',
    toTwo6(ipv6(link(one), link(two), 17, udp(1, 22))),
  ),
  from1(
    'from the address of the link',
    'policy deny',
    toTwo6(ipv6(link(one), two.address6, 17, udp(1, 22))),
  ),
  from2(
    'a part of a datagram but the first',
    'policy deny',
    over4(far.mac, two.mac, ipv4(two.address, far.address, 'aa'.repeat(8), { fragment: 2 })),
  ),
  from2(
    'the same over IPv6',
    'policy deny',
    over6(
      far.mac,
      two.mac,
      ipv6(two.address6, far.address6, 44, `${fragment(17, 2, false)}${'aa'.repeat(8)}`),
    ),
  ),
  from2(
    'an error that answers nothing',
    'policy deny',
    over4(far.mac, two.mac, ipv4(two.address, far.address, '0301000000000000', { protocol: 1 })),
  ),
  from2(
    'the same over IPv6',
    'policy deny',
    over6(far.mac, two.mac, icmpv6(two.address6, far.address6, '0101000000000000')),
  ),
  from2(
    'the part with the flags of TCP, as in an answer',
    'policy deny',
    over4(
      one.mac,
      two.mac,
      ipv4(two.address, one.address, '5002000000000000', { protocol: 6, fragment: 1 }),
    ),
    'vm1',
  ),
  from2(
    'the same over IPv6',
    'policy deny',
    over6(
      one.mac,
      two.mac,
      ipv6(two.address6, one.address6, 44, `${fragment(6, 1, false)}5002000000000000`),
    ),
    'vm1',
  ),
  from2(
    'a question of DHCP to a machine',
    'policy deny',
    over4(far.mac, two.mac, ipv4(two.address, far.address, udp(68, 67))),
  ),
  from2(
    'the same over IPv6',
    'policy deny',
    over6(far.mac, two.mac, ipv6(two.address6, far.address6, 17, udp(546, 547))),
  ),
  from1(
    'a frame with a tag',
    'not-ip',
    ethernet(two.mac, one.mac, '8100', `00070800${datagram(one, two)}`),
  ),
  from1(
    'a frame with a tag of a provider',
    'not-ip',
    ethernet(two.mac, one.mac, '88a8', `00070800${datagram(one, two)}`),
  ),
  from1(
    'a frame with two tags',
    'not-ip',
    ethernet(two.mac, one.mac, '8100', `0007810000080800${datagram(one, two)}`),
  ),
  from1(
    'PPPoE',
    'not-ip',
    ethernet(two.mac, one.mac, '8864', `1100000100220021${datagram(one, two)}`),
  ),
];

/** Servers of DHCP. */
const byServing: readonly Way[] = [
  from1(
    'an offer to one machine',
    'rogue-dhcp',
    toTwo4(ipv4(one.address, two.address, udp(67, 68))),
  ),
  from1(
    'an offer behind options of IPv4',
    'rogue-dhcp',
    toTwo4(ipv4(one.address, two.address, udp(67, 68), { options: '01010101' })),
  ),
  from1(
    'an offer from another port',
    'rogue-dhcp',
    toTwo4(ipv4(one.address, two.address, udp(1067, 68))),
  ),
  from1('an offer over IPv6', 'rogue-dhcp', toTwo6(ipv6(link(one), link(two), 17, udp(547, 546)))),
  from1(
    'the same from another port',
    'rogue-dhcp',
    toTwo6(ipv6(link(one), link(two), 17, udp(1547, 546))),
  ),
  from1(
    'the same behind another header',
    'rogue-dhcp',
    toTwo6(ipv6(link(one), link(two), 60, padding(17) + udp(547, 546))),
  ),
];

/** Who is where. */
const byNeighbours: readonly Way[] = [
  from1(
    'an answer of ARP for another',
    'spoofed',
    ethernet(two.mac, one.mac, '0806', arp(2, { ...one, address: far.address }, two.address)),
  ),
  from1(
    'one with the MAC address of another',
    'spoofed',
    ethernet(two.mac, one.mac, '0806', arp(2, { ...one, mac: stranger.mac }, two.address)),
  ),
  from1(
    'one in a frame of another',
    'spoofed',
    ethernet(two.mac, stranger.mac, '0806', arp(2, one, two.address)),
  ),
  from1(
    'the address of the router, told to all',
    'spoofed',
    ethernet(
      everybody,
      one.mac,
      '0806',
      arp(1, { ...one, address: router.address }, router.address),
    ),
  ),
  from1(
    'ARP whose fields are of another length',
    'spoofed',
    ethernet(two.mac, one.mac, '0806', arp(2, one, two.address).replace('0604', '0804')),
  ),
  from1(
    'who asks whether somebody has the address of another',
    'spoofed',
    ethernet(everybody, one.mac, '0806', arp(1, { ...one, address: '0.0.0.0' }, two.address)),
  ),
  from1(
    'an answer of IPv6 for another',
    'spoofed',
    toTwo6(icmpv6(one.address6, two.address6, answers(router.address6, target(one.mac)))),
  ),
  from1(
    'one with the MAC address of another',
    'spoofed',
    toTwo6(icmpv6(one.address6, two.address6, answers(one.address6, target(stranger.mac)))),
  ),
  from1(
    'one with two',
    'spoofed',
    toTwo6(
      icmpv6(
        one.address6,
        two.address6,
        answers(one.address6, target(one.mac) + target(stranger.mac)),
      ),
    ),
  ),
  from1(
    'one behind options of the destination',
    'spoofed',
    toTwo6(
      behind(
        one.address6,
        two.address6,
        60,
        padding(58),
        answers(router.address6, target(one.mac)),
      ),
    ),
  ),
  from1(
    'one behind options hop by hop',
    'spoofed',
    toTwo6(
      behind(one.address6, two.address6, 0, padding(58), answers(router.address6, target(one.mac))),
    ),
  ),
  from1(
    'one that is the only part',
    'spoofed',
    toTwo6(
      behind(
        one.address6,
        two.address6,
        44,
        fragment(58, 0, false),
        answers(one.address6, target(one.mac)),
      ),
    ),
  ),
  from1(
    'one that begins in a later part',
    'not-ip',
    toTwo6(behind(one.address6, two.address6, 44, fragment(60, 0, true), padding(58))),
  ),
  from1(
    'a question with the MAC address of another',
    'spoofed',
    toTwo6(icmpv6(one.address6, two.address6, solicits(two.address6, source(stranger.mac)))),
  ),
  from1(
    'a question from the address of another',
    'spoofed',
    toTwo6(icmpv6(router.address6, two.address6, solicits(two.address6, source(one.mac)))),
  ),
  from1(
    'who asks by IPv6 whether somebody has the address of another',
    'spoofed',
    over6(allNodes, one.mac, icmpv6('::', 'ff02::1', solicits(two.address6, nonce))),
  ),
  from1(
    'a question for routers with the MAC address of another',
    'spoofed',
    over6(allNodes, one.mac, icmpv6(one.address6, 'ff02::2', asksRouter(source(stranger.mac)))),
  ),
];

/** Routers. */
const byLeading: readonly Way[] = [
  from1(
    'an advertisement',
    'rogue-ra',
    over6(allNodes, one.mac, icmpv6(link(one), 'ff02::1', advertises)),
  ),
  from1('one to one machine', 'rogue-ra', toTwo6(icmpv6(link(one), link(two), advertises))),
  from1(
    'one behind options of the destination',
    'rogue-ra',
    over6(allNodes, one.mac, behind(link(one), 'ff02::1', 60, padding(58), advertises)),
  ),
  from1(
    'one behind options hop by hop, and more',
    'rogue-ra',
    over6(
      allNodes,
      one.mac,
      behind(link(one), 'ff02::1', 0, padding(60) + padding(58), advertises),
    ),
  ),
  from1(
    'one that is the only part',
    'rogue-ra',
    over6(allNodes, one.mac, behind(link(one), 'ff02::1', 44, fragment(58, 0, false), advertises)),
  ),
  from1(
    'one that begins in a later part',
    'not-ip',
    over6(allNodes, one.mac, behind(link(one), 'ff02::1', 44, fragment(60, 0, true), padding(58))),
  ),
  from1(
    'a redirection',
    'rogue-ra',
    toTwo6(icmpv6(link(one), link(two), redirects(stranger.address6, '2001:db8::1'))),
  ),
];

export const waysRound: readonly Way[] = [
  ...byMac,
  ...byShape,
  ...byServing,
  ...byNeighbours,
  ...byLeading,
];
