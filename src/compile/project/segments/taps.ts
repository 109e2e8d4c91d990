import { by, byText } from '#base';
import { Address } from '#ip';
import type { Segment, Station } from '#spec';
import type { NftChain, NftMatch, NftRule, NftSet, NftTable } from '#state';
import type { Model, Node } from '../../model.ts';
import { pairsAt, rangesAt, setsOf } from './known.ts';
import { linkLocalOf } from './link-local.ts';

const is = (left: string, right: string | string[]): NftMatch => ({ left, op: '==', right });
const drop = (counter: string, ...match: NftMatch[]): NftRule => ({
  match,
  counter,
  verdict: 'drop',
});
const pass = (...match: NftMatch[]): NftRule => ({ match, verdict: 'accept' });

/** Before all of the bridge, also where frames go from one port of the machine to another. */
const earliest = -300;

/** A machine of a segment. */
interface Known {
  readonly segment: Segment;
  readonly station: Station;
}

/**
 * The guard of the ports on which machines of segments are: nobody of them speaks for another, also within
 * the site. Absent where the machine has no such ports.
 */
export function tapsOf(model: Model, { machine, unit }: Node): readonly NftTable[] {
  if (machine.taps.length === 0) return [];
  const known = model.network.segments.flatMap((segment) =>
    segment.stations
      .filter(({ site }) => site === unit.name)
      .map((station): Known => ({ segment, station })),
  );
  const answering = known.filter(({ station }) => sixOf(station).length > 0);
  return [
    {
      family: 'bridge',
      name: `hawser-${model.network.name}`,
      counters: ['not-ip', 'rogue-dhcp', 'rogue-ra', 'spoofed'],
      sets: [...tapSets(known, model.network.segments, unit.name)],
      maps: [
        {
          name: 'answers',
          type: 'ether_addr',
          interval: false,
          elements: answering
            .map(({ station }): [string, string] => [station.mac, `goto ${answersOf(station)}`])
            .sort(by(([mac]) => mac)),
        },
      ],
      chains: [
        ...answering.map(({ station }) => answers(station)),
        {
          name: 'prerouting',
          hook: { type: 'filter', hook: 'prerouting', priority: earliest, policy: 'accept' },
          rules: machine.taps.map((tap) => ({ match: [is('iifname', tap)], verdict: 'goto tap' })),
        },
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
    .filter(({ station }) => sixOf(station).length > 0)
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
function nearOf(segments: readonly Segment[], here: string): readonly NftSet[] {
  const all = segments.flatMap((segment) =>
    setsOf(
      segment,
      'near',
      segment.stations.filter(({ site }) => site === here),
    ),
  );
  return [...Map.groupBy(all, ({ name }) => name).values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    const elements = [first, ...more].flatMap((set) => set.elements);
    return [{ ...first, elements: elements.sort(byText) }];
  });
}

const knownMac = is('ether saddr', '@macs');

function tapRules(routers: readonly string[]): NftRule[] {
  const from = (left: string, set: string): NftMatch => is(`ether saddr . ${left}`, `@${set}`);
  const routing = is('icmpv6 type', ['nd-router-advert', 'nd-redirect']);
  const byOthers: NftMatch[] =
    routers.length === 0 ? [] : [{ left: 'ether saddr', op: '!=', right: routers.toSorted() }];
  return [
    drop('rogue-dhcp', is('udp sport', ['67', '547'])),
    drop('rogue-ra', routing, ...byOthers),
    pass(from('ip saddr', pairsAt('near', 4))),
    {
      match: [is('icmpv6 type', 'nd-neighbor-advert')],
      vmap: { left: 'ether saddr', map: 'answers' },
    },
    drop('spoofed', is('icmpv6 type', 'nd-neighbor-advert')),
    pass(from('ip6 saddr', pairsAt('near', 6))),
    pass(
      from('arp saddr ip', pairsAt('near', 4)),
      is('arp saddr ether . arp saddr ip', `@${pairsAt('near', 4)}`),
    ),
    // Machines that have no address yet: they ask for one, or whether somebody has theirs (RFC 5227, RFC 4862).
    pass(knownMac, is('ip saddr', '0.0.0.0'), is('udp sport', '68'), is('udp dport', '67')),
    pass(knownMac, is('arp operation', 'request'), is('arp saddr ip', '0.0.0.0')),
    pass(knownMac, is('ip6 saddr', '::'), is('icmpv6 type', [...askedByNobody])),
    pass(from('ip saddr', rangesAt('near', 4))),
    pass(from('ip6 saddr', rangesAt('near', 6))),
    {
      ...drop('not-ip'),
      match: [{ left: 'meta protocol', op: '!=', right: ['ip', 'arp', 'ip6'] }],
    },
    drop('spoofed'),
  ];
}

const askedByNobody = ['nd-neighbor-solicit', 'nd-router-solicit', 'mld2-listener-report'];

const sixOf = ({ addresses }: Station): readonly string[] =>
  addresses.filter(({ family }) => family === 6).map(String);

const answersOf = ({ mac }: Station): string => `answers-${mac.replaceAll(':', '')}`;

/** For whom a machine answers (RFC 4861, 4.4) stands where no set of pairs can be asked for it. */
const answers = (station: Station): NftChain => ({
  name: answersOf(station),
  rules: [
    pass(
      is('ip6 saddr', [...sixOf(station), linkLocalOf(station.mac)].sort()),
      is('@th,64,128', [...sixOf(station), linkLocalOf(station.mac)].map(numberOf).sort()),
    ),
    drop('spoofed'),
  ],
});

const numberOf = (address: string): string => {
  const { value } = Address.parse(address);
  return `0x${value.toString(16).padStart(32, '0')}`;
};
