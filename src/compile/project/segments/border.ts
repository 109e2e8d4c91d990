import { byText } from '#base';
import type { Family } from '#ip';
import type { Segment, Station } from '#spec';
import type { NftChain, NftMatch, NftRule, NftSet, NftTable } from '#state';
import type { Model, Node } from '../../model.ts';
import { segmentRanges } from '../../policy/spaces.ts';
import { endInSegment } from '../routers/place.ts';
import { knownSets, pairsAt, rangesAt, type Side } from './known.ts';
import { segmentMtu } from './mtu.ts';
import { bridge, portOf, vxlan } from './place.ts';
import { asSeen, proxyMac } from './proxied.ts';
import { stationsOf } from './stations.ts';

const families = [4, 6] as const;

const is = (left: string, right: string | string[]): NftMatch => ({ left, op: '==', right });
const drop = (counter: string, ...match: NftMatch[]): NftRule => ({
  match,
  counter,
  verdict: 'drop',
});

/**
 * Before the hook of `br_netfilter`, at 0: that takes IP out of the bridge's chain, and puts it back behind
 * all that have its priority (br_nf_hook_thresh). It is that of iptables' own bridge filter, too.
 */
const borderPriority = -200;

const forward: NftChain = {
  name: 'forward',
  hook: { type: 'filter', hook: 'forward', priority: borderPriority, policy: 'accept' },
  rules: [
    { match: [is('iifname', vxlan)], verdict: 'goto far' },
    { match: [is('oifname', vxlan)], verdict: 'goto near' },
    { match: [is('oifname', endInSegment)], verdict: 'goto door' },
  ],
};

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
  const chains = (border: NftChain, layer: Layer, outwards: Outwards): NftChain[] => [
    crossing('far', layer, { first, outwards }),
    border,
    crossing('near', layer, { first, outwards }),
  ];
  const bridged = {
    ...{ family: 'bridge', ...table },
    sets: [...insides(segment), ...table.sets],
    chains: [door, ...chains(forward, 'bridge', strays(model, segment))],
  };
  if (here?.mode !== 'proxy') return [bridged];
  const mac = proxyMac(model, segment, here.site);
  const sets = [...knownSets(model, segment, unit.name, true)];
  return [
    bridged,
    { family: 'inet', ...table, sets, chains: chains(routed(portOf(here), mac), 'inet', nothing) },
  ];
}

/** Where frames of a border are looked at: ARP is never routed. */
type Layer = 'bridge' | 'inet';

/** Rules about what leads out of a segment. */
type Outwards = Readonly<Record<Family, readonly NftRule[]>>;
const nothing: Outwards = { 4: [], 6: [] };

/** The only ways in and out: all that is not let through is dropped, and counted by what it is; `first`: before all else. */
const crossing = (
  side: Side,
  layer: Layer,
  { first, outwards }: { readonly first: readonly NftRule[]; readonly outwards: Outwards },
): NftChain => ({
  name: side,
  rules: [...first, stays, ...isKnown(side, layer, outwards), ...neverCross, drop('spoofed')],
});

/** What is for many, and what means something on one link alone. */
const onLink: Readonly<Record<Family, readonly string[]>> = {
  4: ['224.0.0.0/4', '255.255.255.255'],
  6: ['fe80::/10', 'ff00::/8'],
};

/** Where machines of the segment are, and what leads to no router. */
const insides = (segment: Segment): readonly NftSet[] =>
  families.map((family) => {
    const own = segmentRanges([segment])
      .prefixes()
      .filter((one) => one.family === family);
    const elements = [...own.map(String), ...onLink[family]].sort(byText);
    return { name: `inside${family}`, type: `ipv${family}_addr`, interval: true, elements };
  });

/**
 * What leads out of the segment is its router's to judge, and so for that alone: a machine has other addresses, of which
 * no rule speaks. Of a router that is not in the file nobody knows the MAC address.
 */
function strays(model: Model, segment: Segment): Outwards {
  const isRouter = ({ addresses }: Station): boolean =>
    addresses.some((own) => segment.routers.some((router) => router.equals(own)));
  const known = stationsOf(model, segment).filter(isRouter).map(asSeen(model, segment));
  if (segment.routers.length > 0 && known.length === 0) return nothing;
  const macs = [...new Set(known.map(({ mac }) => mac))].sort(byText);
  const others: NftMatch[] =
    macs.length === 0 ? [] : [{ left: 'ether daddr', op: '!=', right: macs }];
  const outside = (left: string, set: string): readonly NftRule[] => [
    drop('border', { left, op: '!=', right: `@${set}` }, ...others),
  ];
  return { 4: outside('ip daddr', 'inside4'), 6: outside('ip6 daddr', 'inside6') };
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

/** ICMPv6 (RFC 4861): a router advertises itself; solicitations, answers and redirects. */
const advertisement = is('icmpv6 type', 'nd-router-advert');
const discovery = is('icmpv6 type', [
  'nd-router-solicit',
  'nd-neighbor-solicit',
  'nd-neighbor-advert',
  'nd-redirect',
]);

/** Those that answer for a site are in it: what comes from another is nobody's of it. */
const strangers = [
  drop('rogue-dhcp', is('udp sport', ['67', '547'])),
  drop('rogue-ra', advertisement),
];

/** What is for all stays in its site, and so does DHCP, whoever it is for. */
const group = drop('border', is('meta pkttype', ['broadcast', 'multicast']));
const stays = drop('border', is('udp dport', ['67', '68', '546', '547']));

/** Pairs first: they are nearly all. */
const isKnown = (side: Side, layer: Layer, outwards: Outwards): NftRule[] => {
  const from = (left: string, set: string): NftMatch => is(`ether saddr . ${left}`, `@${set}`);
  const pass = (...match: NftMatch[]): NftRule => ({ match, verdict: 'accept' });
  const arp = pass(
    from('arp saddr ip', pairsAt(side, 4)),
    is('arp saddr ether . arp saddr ip', `@${pairsAt(side, 4)}`),
  );
  return [
    ...outwards[4],
    pass(from('ip saddr', pairsAt(side, 4))),
    // Neighbours of IPv6 are answered for at home, and say in a field that no set can be asked for whom they answer.
    { match: [discovery, from('ip6 saddr', pairsAt(side, 6))], counter: 'border', verdict: 'drop' },
    { match: [discovery, linkLocal], counter: 'border', verdict: 'drop' },
    drop('spoofed', discovery),
    ...outwards[6],
    pass(from('ip6 saddr', pairsAt(side, 6))),
    ...(layer === 'bridge' ? [arp] : []),
    pass(from('ip saddr', rangesAt(side, 4))),
    pass(from('ip6 saddr', rangesAt(side, 6))),
  ];
};

const linkLocal = is('ip6 saddr', 'fe80::/10');

/**
 * To a router of ours, which stands on this side of the border, nobody of the site speaks for another either. Who asks for an
 * address has none yet (RFC 5227).
 */
const door: NftChain = {
  name: 'door',
  rules: [
    {
      match: [is('arp operation', 'request'), is('arp saddr ip', '0.0.0.0')],
      verdict: 'accept',
    },
    { match: [discovery], verdict: 'accept' },
    ...isKnown('near', 'bridge', nothing),
    drop('spoofed'),
  ],
};

/** Addresses that mean something on one link alone, and frames in which no address can be looked for. */
const neverCross = [
  drop('border', linkLocal),
  { ...drop('not-ip'), match: [{ left: 'meta protocol', op: '!=', right: ['ip', 'arp', 'ip6'] }] },
] satisfies NftRule[];
