import type { Segment } from '#spec';
import type { NftChain, NftMatch, NftRule, NftTable } from '#state';
import type { Model, Node } from '../../model.ts';
import { knownSets, pairsAt, rangesAt, type Side } from './known.ts';
import { segmentMtu } from './mtu.ts';
import { bridge, portOf, vxlan } from './place.ts';
import { proxyMac } from './proxied.ts';

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
  const chains = (border: NftChain, layer: Layer): NftChain[] => [
    crossing('far', layer, first),
    border,
    crossing('near', layer, first),
  ];
  const bridged = { family: 'bridge', ...table, chains: chains(forward, 'bridge') };
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

/** The only ways in and out: all that is not let through is dropped, and counted by what it is; `first`: before all else. */
const crossing = (side: Side, layer: Layer, first: readonly NftRule[]): NftChain => ({
  name: side,
  rules: [...first, stays, ...isKnown(side, layer), ...neverCross, drop('spoofed')],
});

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
const isKnown = (side: Side, layer: Layer): NftRule[] => {
  const from = (left: string, set: string): NftMatch => is(`ether saddr . ${left}`, `@${set}`);
  const pass = (...match: NftMatch[]): NftRule => ({ match, verdict: 'accept' });
  const arp = pass(
    from('arp saddr ip', pairsAt(side, 4)),
    is('arp saddr ether . arp saddr ip', `@${pairsAt(side, 4)}`),
  );
  return [
    pass(from('ip saddr', pairsAt(side, 4))),
    // Neighbours of IPv6 are answered for at home, and say in a field that no set can be asked for whom they answer.
    { match: [discovery, from('ip6 saddr', pairsAt(side, 6))], counter: 'border', verdict: 'drop' },
    { match: [discovery, linkLocal], counter: 'border', verdict: 'drop' },
    drop('spoofed', discovery),
    pass(from('ip6 saddr', pairsAt(side, 6))),
    ...(layer === 'bridge' ? [arp] : []),
    pass(from('ip saddr', rangesAt(side, 4))),
    pass(from('ip6 saddr', rangesAt(side, 6))),
  ];
};

const linkLocal = is('ip6 saddr', 'fe80::/10');

/** Addresses that mean something on one link alone, and frames in which no address can be looked for. */
const neverCross = [
  drop('border', linkLocal),
  { ...drop('not-ip'), match: [{ left: 'meta protocol', op: '!=', right: ['ip', 'arp', 'ip6'] }] },
] satisfies NftRule[];
