import { by, byText } from '#base';
import type { Segment, Station } from '#spec';
import type { NftMatch, NftRule, NftSet, NftTable } from '#state';
import type { Model, Node } from '../../model.ts';
import { drop, is, isNot, pass, sender } from '../words.ts';
import { speaksByArp } from './border.ts';
import { discovery, discoveryChains, speakersOf, speaksSix } from './discovery.ts';
import { pairsAt, rangesAt, setsOf } from './known.ts';
import { linkLocalOf } from './link-local.ts';
import { straysAt, together } from './strays.ts';

/** Before all of the bridge, also where frames go from one port of the machine to another. */
const earliest = -300;

/** A machine of a segment. */
interface Known {
  readonly segment: Segment;
  readonly station: Station;
}

/**
 * The guard of the ports on which machines of segments are: nobody of them speaks for another, also within
 * the site, nor to another but by that one's own address. Absent where the machine has no such ports.
 */
export function tapsOf(model: Model, { machine, unit }: Node): readonly NftTable[] {
  if (machine.taps.length === 0) return [];
  const segments = model.network.segments.filter(({ sites }) =>
    sites.some(({ site }) => site === unit.name),
  );
  const known = segments.flatMap((segment) =>
    segment.stations
      .filter(({ site }) => site === unit.name)
      .map((station): Known => ({ segment, station })),
  );
  const stations = known.map(({ station }) => station);
  const strays = straysAt(model, segments, unit.name);
  const at = (side: string, chain: string): NftRule[] =>
    machine.taps.map((tap) => ({ match: [is(side, tap)], verdict: `goto ${chain}` }));
  return [
    {
      family: 'bridge',
      name: `hawser-${model.network.name}`,
      counters: ['not-ip', 'rogue-dhcp', 'rogue-ra', 'spoofed', 'stray'],
      sets: [...tapSets(known, segments, unit.name), ...strays.sets],
      maps: [speakersOf(stations)],
      chains: [
        ...discoveryChains(stations, { links: 'made', strangers: [] }),
        ...strays.chains,
        {
          name: 'prerouting',
          hook: { type: 'filter', hook: 'prerouting', priority: earliest, policy: 'accept' },
          rules: at('iifname', 'tap'),
        },
        {
          name: 'forward',
          hook: { type: 'filter', hook: 'forward', priority: earliest, policy: 'accept' },
          rules: at('oifname', 'arriving'),
        },
        { name: 'arriving', rules: [...arriving] },
        { name: 'whole', rules: [...whole] },
        { name: 'tap', rules: tapRules(known.filter(isRouter).map(({ station }) => station.mac)) },
      ].sort(by(({ name }) => name)),
    },
  ];
}

const isRouter = ({ segment, station }: Known): boolean =>
  station.addresses.some((own) => segment.routers.some((router) => router.equals(own)));

/** As at the border, and besides them the machines themselves, and the IPv6 addresses of their links. */
function tapSets(
  known: readonly Known[],
  segments: readonly Segment[],
  site: string,
): readonly NftSet[] {
  const macs = known.map(({ station }) => station.mac).sort();
  const links = known
    .filter(({ station }) => speaksSix(station))
    .map(({ station: { mac } }) => `${mac} . ${linkLocalOf(mac)}`);
  return [
    { name: 'macs', type: 'ether_addr', interval: false, elements: macs },
    ...nearOf(segments, site).map((set) =>
      set.name === pairsAt('near', 6)
        ? { ...set, elements: [...set.elements, ...links].sort() }
        : set,
    ),
  ];
}

/** What each segment has here, together. */
const nearOf = (segments: readonly Segment[], here: string): readonly NftSet[] =>
  together(
    segments.flatMap((segment) =>
      setsOf(
        segment,
        'near',
        segment.stations.filter(({ site }) => site === here),
      ),
    ),
  );

const knownMac = is('ether saddr', '@macs');
const advertised = ['nd-redirect', 'nd-router-advert'];

/** What machines send: first who says so, then for whom it is. */
function tapRules(routers: readonly string[]): NftRule[] {
  const byOthers: NftMatch[] =
    routers.length === 0 ? [] : [isNot('ether saddr', routers.toSorted())];
  const known = (left: string, set: string): NftRule => ({
    match: [sender(left, set)],
    verdict: 'goto to',
  });
  return [
    // Some clients take an offer from any port.
    drop('rogue-dhcp', is('udp sport', ['67', '547'])),
    drop('rogue-dhcp', is('udp dport', ['68', '546'])),
    drop('rogue-ra', is('icmpv6 type', advertised), ...byOthers),
    // A frame with a tag is for another network, wherever the bridge leads.
    drop('not-ip', is('ether type', ['8021q', '8021ad'])),
    known('ip saddr', pairsAt('near', 4)),
    ...hidden,
    { match: [discovery, knownMac], verdict: 'goto discovery' },
    drop('spoofed', discovery),
    known('ip6 saddr', pairsAt('near', 6)),
    speaksByArp('near'),
    ...ofNobody,
    known('ip saddr', rangesAt('near', 4)),
    known('ip6 saddr', rangesAt('near', 6)),
    {
      ...drop('not-ip'),
      match: [{ left: 'meta protocol', op: '!=', right: ['ip', 'arp', 'ip6'] }],
    },
    drop('spoofed'),
  ];
}

/** The first part of a packet of IPv6 says what that is (RFC 7112), so that nothing hides behind headers of extensions. */
const hidden: readonly NftRule[] = [
  {
    match: [is('frag frag-off', '0'), is('frag more-fragments', '1')],
    verdict: 'jump whole',
  },
];

const whole: readonly NftRule[] = [
  { match: [is('@th,56,8 & 0x0', '0x0')], verdict: 'return' },
  drop('not-ip'),
];

const toAll = is('meta pkttype', 'broadcast');
const toMany = is('meta pkttype', 'multicast');

/** Machines that have no address yet: they ask for one, or whether somebody has theirs (RFC 5227). */
const ofNobody: readonly NftRule[] = [
  pass(
    ...[knownMac, toAll, is('ip saddr', '0.0.0.0')],
    ...[is('ip daddr', '255.255.255.255'), is('udp sport', '68'), is('udp dport', '67')],
  ),
  pass(
    ...[knownMac, is('arp operation', 'request'), is('arp saddr ip', '0.0.0.0')],
    sender('arp daddr ip', pairsAt('near', 4)),
  ),
  pass(knownMac, toMany, is('ip6 saddr', '::'), is('icmpv6 type', 'mld2-listener-report')),
];

/** What comes to machines: who sends it has the address that it says. How it is found is its own to say. */
const arriving: readonly NftRule[] = [
  pass({ left: 'meta protocol', op: '!=', right: ['ip', 'ip6'] }),
  pass(is('icmpv6 type', [...(discovery.right as readonly string[]), ...advertised].sort(byText))),
  { match: [], verdict: 'goto from' },
];
