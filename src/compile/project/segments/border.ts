import { by, byText } from '#base';
import type { Segment, SegmentSite } from '#spec';
import type { NftChain, NftMatch, NftRule, NftTable } from '#state';
import type { Model, Node } from '../../model.ts';
import { endInSegment } from '../routers/place.ts';
import { drop, is, pass, sender } from '../words.ts';
import { serversOf } from './dhcp.ts';
import { discovery, discoveryChains, notOf, speakersOf } from './discovery.ts';
import { knownSets, pairsAt, rangesAt, type Side } from './known.ts';
import { segmentMtu } from './mtu.ts';
import { bridge, portOf, vxlan } from './place.ts';
import { proxyMac } from './proxied.ts';
import { isOurRouter, stationsOf } from './stations.ts';
import { insides } from './strays.ts';

/**
 * Before the hook of `br_netfilter`, at 0: that takes IP out of the bridge's chain, and puts it back behind
 * all that have its priority (br_nf_hook_thresh). It is that of iptables' own bridge filter, too.
 */
const borderPriority = -200;

const forward = (hasDoor: boolean): NftChain => ({
  name: 'forward',
  hook: { type: 'filter', hook: 'forward', priority: borderPriority, policy: 'accept' },
  rules: [
    { match: [is('iifname', vxlan)], verdict: 'goto far' },
    { match: [is('oifname', vxlan)], verdict: 'goto near' },
    ...(hasDoor ? [{ match: [is('oifname', endInSegment)], verdict: 'goto door' }] : []),
  ],
});

/** The same where the port is on no bridge, and what passes is routed. */
const routed = (port: string, mac: string): NftChain => ({
  name: 'forward',
  hook: { type: 'filter', hook: 'forward', priority: 0, policy: 'accept' },
  rules: [
    // Between a router of ours and the tunnels: bridged, and shown here by `br_netfilter`. The bridge's table judges it.
    {
      match: [
        is('iifname', bridge),
        is('oifname', bridge),
        { left: 'ether daddr', op: '!=', right: mac },
      ],
      verdict: 'accept',
    },
    { match: [is('iifname', bridge), is('oifname', port)], verdict: 'goto far' },
    { match: [is('iifname', port), is('oifname', bridge)], verdict: 'goto near' },
    drop('border'),
  ],
});

/** Before the bridge remembers at which port a MAC address is, and behind the agent's own look at what is said there. */
const beforeLearning = -250;

/** Nobody on the port takes the MAC address of one of ours, where the bridge would find him instead. */
function usurpers(model: Model, segment: Segment, site: string): readonly NftChain[] {
  const routers = stationsOf(model, segment).filter((one) => isOurRouter(model, one));
  const servers = serversOf(model, segment).filter((one) => one.site !== site);
  const ours = [...routers, ...servers].map(({ mac }) => mac).sort(byText);
  if (ours.length === 0) return [];
  const byPort: NftMatch = { left: 'iifname', op: '!=', right: [endInSegment, vxlan] };
  return [
    {
      name: 'prerouting',
      hook: { type: 'filter', hook: 'prerouting', priority: beforeLearning, policy: 'accept' },
      rules: [drop('spoofed', byPort, is('ether saddr', ours))],
    },
  ];
}

/** What crosses the border comes from a machine that is known on the side it comes from. */
export function bordersOf(model: Model, node: Node, segment: Segment): readonly NftTable[] {
  const { unit } = node;
  const here = segment.sites.find(({ site }) => site === unit.name);
  const floods = segment.flood && here?.mode === 'bridge';
  const table = {
    name: `hawser-${model.network.name}`,
    counters: ['border', 'not-ip', 'rogue-dhcp', 'rogue-ra', 'spoofed'],
    sets: [...knownSets(model, segment, unit.name)],
    maps: [],
  };
  const first = [
    ...clampsOf(segmentMtu(model, node, segment)),
    ...strangers,
    ...(floods ? [] : [group]),
  ];
  const chains = (border: NftChain, layer: Layer): NftChain[] => [
    crossing('far', layer, first),
    border,
    crossing('near', layer, [...(floods ? ofItsSite(model, segment, here) : []), ...first]),
  ];
  const doors = doorOf(model, segment, unit.name);
  const bridged: NftTable = {
    ...{ family: 'bridge', ...table },
    sets: [...insides([segment]), ...table.sets],
    maps: [...doors.maps],
    chains: [
      ...doors.chains,
      ...chains(forward(doors.chains.length > 0), 'bridge'),
      ...sides.map((side) => meant(side, floods)),
      ...usurpers(model, segment, unit.name),
    ].sort(by(({ name }) => name)),
  };
  if (here?.mode !== 'proxy') return [bridged];
  const mac = proxyMac(model, segment, here.site);
  const sets = [...knownSets(model, segment, unit.name, true)];
  return [
    bridged,
    { family: 'inet', ...table, sets, chains: chains(routed(portOf(here), mac), 'inet') },
  ];
}

/** Where frames of a border are looked at: ARP is never routed. */
type Layer = 'bridge' | 'inet';

const sides = ['far', 'near'] as const;

/** The only ways in and out: all that is not let through is dropped, and counted by what it is; `first`: before all else. */
const crossing = (side: Side, layer: Layer, first: readonly NftRule[]): NftChain => ({
  name: side,
  rules: [
    ...first,
    stays,
    // Of what is routed the kernel itself says at which MAC address its receiver is.
    ...isKnown(side, layer, layer === 'bridge' ? `goto ${meantOf(side)}` : 'accept'),
    ...neverCross,
    drop('spoofed'),
  ],
});

/** Whom the frames from a side are for. */
const meantOf = (side: Side): string => `${side}-meant`;

/**
 * A policy speaks of addresses, so who has the MAC address of a frame has to have its address, too: a machine has other addresses, of which no rule speaks,
 * and may be asked to take what is for another. What leads out of the segment is its router's to judge, and so for that alone, as the
 * ranges of the machines say. Where the segment floods, what is for a machine that nobody knows crosses as well.
 */
function meant(side: Side, floods: boolean): NftChain {
  const there = side === 'near' ? 'far' : 'near';
  const is4 = (set: string): NftRule => pass(is('ether daddr . ip daddr', `@${set}`));
  const is6 = (set: string): NftRule => pass(is('ether daddr . ip6 daddr', `@${set}`));
  const unknown = [
    { left: 'ip daddr', op: '!=', right: '@inside4' },
    { left: 'ip6 daddr', op: '!=', right: '@inside6' },
  ] as const;
  return {
    name: meantOf(side),
    rules: [
      is4(pairsAt(there, 4)),
      is6(pairsAt(there, 6)),
      is4(rangesAt(there, 4)),
      is6(rangesAt(there, 6)),
      ...(floods ? [...unknown.map((match) => drop('border', match)), pass()] : [drop('border')]),
    ],
  };
}

/** Headers of IP and TCP. */
const headers = [
  ['ip', 40],
  ['ip6', 60],
] as const;

/** Machines that keep to 1500 bytes, and hear of no ICMP, send TCP that fits: of two sizes the lesser counts. */
const clampsOf = (mtu: number | undefined): readonly NftRule[] =>
  mtu === undefined
    ? []
    : headers.map(([family, length]) => ({
        match: [is('meta protocol', family), is('tcp flags & (syn | rst)', 'syn')],
        set: `tcp option maxseg size set ${mtu - length}`,
      }));

/** ICMPv6 by which routers lead the way (RFC 4861, 4.2 and 4.5). */
const advertisement = is('icmpv6 type', 'nd-router-advert');
const leads = is('icmpv6 type', ['nd-router-advert', 'nd-redirect']);
/** What machines say of themselves on their link, and routers of others. */
const onTheLink = is('icmpv6 type', [...(discovery.right as string[]), 'nd-redirect'].sort(byText));

/** Those that answer for a site are in it: what comes from another is nobody's of it. */
const strangers = [
  drop('rogue-dhcp', is('udp sport', ['67', '547'])),
  drop('rogue-ra', advertisement),
];

/** To all of its site the DHCP server of a cloud answers as it should: nobody's rogue, and here only because the segment floods. */
const cloudsAnswers = ({ dhcp: { by, addresses } }: SegmentSite): readonly NftRule[] =>
  addresses
    .filter(({ family }) => by === 'cloud' && family === 4)
    .map((own) => drop('border', toGroups, is('ip saddr', String(own)), is('udp sport', '67')));

/** The router of others that the file has at a site advertises itself there, to all of it and to who asks: it is nobody's rogue either. */
function routersWords(model: Model, segment: Segment, site: string): readonly NftRule[] {
  const { routers, stations } = segment;
  const macs = stations
    .filter((one) => one.site === site && !isOurRouter(model, one))
    .filter(({ addresses }) => addresses.some((own) => routers.some((of) => of.equals(own))))
    .map(({ mac }) => mac)
    .sort(byText);
  return macs.length === 0 ? [] : [drop('border', is('ether saddr', macs), advertisement)];
}

/** What is honest at its own site, and comes to the border because the segment floods. */
const ofItsSite = (model: Model, segment: Segment, here: SegmentSite): readonly NftRule[] => [
  ...cloudsAnswers(here),
  ...routersWords(model, segment, here.site),
];

/** What is for all stays in its site, and so does DHCP, whoever it is for. */
const toGroups = is('meta pkttype', ['broadcast', 'multicast']);
const group = drop('border', toGroups);
const stays = drop('border', is('udp dport', ['67', '68', '546', '547']));

/** Pairs first: they are nearly all. `verdict`: on IP of machines that are known. */
const isKnown = (side: Side, layer: Layer, verdict: string): NftRule[] => {
  const known = (...match: NftMatch[]): NftRule => ({ match, verdict });
  return [
    known(sender('ip saddr', pairsAt(side, 4))),
    // Neighbours of IPv6 are answered for at home, and say in a field that no set can be asked for whom they answer.
    {
      match: [onTheLink, sender('ip6 saddr', pairsAt(side, 6))],
      counter: 'border',
      verdict: 'drop',
    },
    { match: [onTheLink, linkLocal], counter: 'border', verdict: 'drop' },
    drop('spoofed', onTheLink),
    known(sender('ip6 saddr', pairsAt(side, 6))),
    ...(layer === 'bridge' ? [speaksByArp(side)] : []),
    known(sender('ip saddr', rangesAt(side, 4))),
    known(sender('ip6 saddr', rangesAt(side, 6))),
  ];
};

/**
 * What a machine says of itself by ARP: in the frame and in what it holds, whose fields are as long as those of Ethernet and IPv4 are (RFC 826),
 * so that nobody reads others.
 */
export const speaksByArp = (side: Side): NftRule =>
  pass(
    sender('arp saddr ip', pairsAt(side, 4)),
    is('arp saddr ether . arp saddr ip', `@${pairsAt(side, 4)}`),
    is('@nh,0,48', '0x000108000604'),
  );

const linkLocal = is('ip6 saddr', 'fe80::/10');

/**
 * To a router of ours, which stands on this side of the border, nobody of the site speaks for another either. Who asks for an
 * address has none yet (RFC 5227).
 */
function doorOf(model: Model, segment: Segment, site: string): Pick<NftTable, 'chains' | 'maps'> {
  const all = stationsOf(model, segment);
  const isHere = all.some((one) => one.site === site && isOurRouter(model, one));
  if (!isHere) return { chains: [], maps: [] };
  const near = segment.stations.filter((one) => one.site === site);
  const named = [...all, ...serversOf(model, segment)];
  const door: NftChain = {
    name: 'door',
    rules: [
      pass(is('arp operation', 'request'), is('arp saddr ip', '0.0.0.0')),
      drop('rogue-ra', leads),
      { match: [discovery], verdict: 'goto discovery' },
      pass(sender('ip saddr', pairsAt('near', 4))),
      pass(sender('ip6 saddr', pairsAt('near', 6))),
      speaksByArp('near'),
      pass(sender('ip saddr', rangesAt('near', 4))),
      pass(sender('ip6 saddr', rangesAt('near', 6))),
      // Machines that have no address yet, and listeners (MLD), speak to all: nobody here is meant.
      stays,
      drop('border', toGroups, is('ip6 saddr', ['::', 'fe80::/10'])),
      drop('spoofed'),
    ],
  };
  const strangers = [...notOf(named), pass()];
  return {
    chains: [door, ...discoveryChains(near, { links: 'any', strangers })],
    maps: [speakersOf(near)],
  };
}

/** Addresses that mean something on one link alone, and frames in which no address can be looked for. */
const neverCross = [
  drop('border', linkLocal),
  { ...drop('not-ip'), match: [{ left: 'meta protocol', op: '!=', right: ['ip', 'arp', 'ip6'] }] },
] satisfies NftRule[];
