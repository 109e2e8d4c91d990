import { by, byText } from '#base';
import { Address } from '#ip';
import type { Station } from '#spec';
import type { NftChain, NftMap, NftMatch, NftRule } from '#state';
import { drop, is, isNot, pass } from '../words.ts';
import { pairsAt } from './known.ts';
import { linkLocalOf } from './link-local.ts';

/** ICMPv6 by which machines find each other, and ask for routers (RFC 4861, 4.1, 4.3 and 4.4). */
const [asksRouter, asks, answers] = [
  'nd-router-solicit',
  'nd-neighbor-solicit',
  'nd-neighbor-advert',
].map((type) => is('icmpv6 type', type)) as [NftMatch, NftMatch, NftMatch];
export const discovery = is('icmpv6 type', [
  'nd-router-solicit',
  'nd-neighbor-solicit',
  'nd-neighbor-advert',
]);

/** Who asks whether somebody has its address has none yet (RFC 4862, 5.4.2). */
const nobody = is('ip6 saddr', '::');
const somebody = isNot('ip6 saddr', '::');

/** Bytes of such a message, and with an option: that of its sender's MAC address, or another of its size. */
const bytes = { router: ['8', '16'], neighbour: ['24', '32'] } as const;
const plain = is('ip6 length', bytes.neighbour[0]);

/** For whom a neighbour answers, or of whom it asks, and the first option behind that (RFC 4861, 4.3, 4.4 and 4.6.1). */
const target = '@th,64,128';
const option = '@th,192,64';
const routerOption = '@th,64,64';

/** All addresses of links, fe80::/10. */
const everyLink = `0xfe80${'0'.repeat(28)}-0xfebf${'f'.repeat(28)}`;

const numberOf = (address: string): string => {
  const { value } = Address.parse(address);
  return `0x${value.toString(16).padStart(32, '0')}`;
};

/** A machine that speaks of itself by IPv6. */
export type Speaker = Pick<Station, 'mac' | 'addresses'>;

const sixOf = ({ addresses }: Speaker): readonly string[] =>
  addresses.filter(({ family }) => family === 6).map(String);

export const speaksSix = (station: Speaker): boolean => sixOf(station).length > 0;

/** How strangers are judged, and addresses of links. */
export interface DiscoveryInit {
  /** Every machine makes its link's address from its MAC address; else they are anybody's: they lead nowhere from here. */
  readonly links: 'made' | 'any';
  /** What is said of machines that are not in the map. */
  readonly strangers: readonly NftRule[];
}

const chainOf = ({ mac }: Speaker): string => `neighbour-${mac.replaceAll(':', '')}`;

/** The chains of machines, by their MAC addresses. */
export const speakersOf = (stations: readonly Speaker[]): NftMap => ({
  name: 'neighbours',
  type: 'ether_addr',
  interval: false,
  elements: [...new Set(stations.filter(speaksSix).map(({ mac }) => mac))]
    .map((mac): [string, string] => [mac, `goto ${chainOf({ mac, addresses: [] })}`])
    .sort(by(([mac]) => mac)),
});

/**
 * What machines say by neighbour discovery: each of itself, by its own MAC address, as with ARP. No set of pairs can be asked
 * for whom they speak, so each has a chain, which is found by its MAC address; `near6` says who it is. What comes in parts, or with
 * more options, is nothing that an honest machine sends (RFC 6980).
 */
export function discoveryChains(
  stations: readonly Speaker[],
  { links, strangers }: DiscoveryInit,
): readonly NftChain[] {
  const unjudged = links === 'any' ? ['::', 'fe80::/10'] : '::';
  const bySender = [...Map.groupBy(stations.filter(speaksSix), ({ mac }) => mac)];
  return [
    {
      name: 'discovery',
      rules: [
        drop('spoofed', is('exthdr frag', 'exists')),
        drop(
          'spoofed',
          isNot('ip6 saddr', unjudged),
          isNot('ether saddr . ip6 saddr', `@${pairsAt('near', 6)}`),
        ),
        pass(asks, somebody, plain),
        pass(asksRouter, is('ip6 length', bytes.router[0])),
        { match: [], vmap: { left: 'ether saddr', map: 'neighbours' } },
        ...strangers,
        drop('spoofed'),
      ],
    },
    ...bySender.map(([mac, all]) => speakerChain(mac, all.flatMap(sixOf), links)),
  ];
}

function speakerChain(
  mac: string,
  addresses: readonly string[],
  links: DiscoveryInit['links'],
): NftChain {
  const own = links === 'any' ? [...addresses] : [...addresses, linkLocalOf(mac)];
  const numbers = own.map(numberOf).sort(byText);
  const ofItself = is(target, links === 'any' ? [...numbers, everyLink] : numbers);
  const hex = mac.replaceAll(':', '');
  const [from, at] = [`0x0101${hex}`, `0x0201${hex}`];
  const whole = is('ip6 length', bytes.neighbour[1]);
  return {
    name: chainOf({ mac, addresses: [] }),
    rules: [
      pass(asksRouter, is('ip6 length', bytes.router[1]), is(routerOption, from)),
      pass(asks, somebody, whole, is(option, from)),
      pass(asks, nobody, ofItself),
      pass(answers, ofItself, plain),
      pass(answers, ofItself, whole, is(option, at)),
      drop('spoofed'),
    ],
  };
}

/** Of what machines that nobody names may say nothing: addresses of those that somebody names. */
export const notOf = (stations: readonly Speaker[]): readonly NftRule[] => {
  const numbers = [...new Set(stations.flatMap(sixOf).map(numberOf))].sort(byText);
  return numbers.length === 0 ? [] : [drop('spoofed', answers, is(target, numbers))];
};
