import { by, byText } from '#base';
import type { Segment, SegmentSite } from '#spec';
import type { NftChain, NftMatch, NftRule, NftSet, NftTable, Sysctl } from '#state';
import type { Model } from '../../model.ts';
import { segmentRanges, segmentSpace } from '../../policy/spaces.ts';
import { type Guarding, guardOf } from '../policy-guard.ts';
import { is } from '../words.ts';

/** The tables of a policy inside a segment are called so. */
export const policyTable = ({ network }: Model): string => `hawser-${network.name}-policy`;

/** The mark of what the guard has let through: it is of one namespace, and no frame brings one along. */
const seen = '0x6877';
/** Behind the border, where that is of IP itself. */
const afterBorder = 10;
/** Behind the hook of `br_netfilter`, at 0, which asks the chains of IP. */
const afterwards = 100;

/**
 * The policy inside a segment, by the addresses with which a flow began: for all that the bridge hands on, or
 * the namespace routes, whichever side of the border it comes from. Both gateways of a flow ask. Connection tracking
 * is that of IP, to which `br_netfilter` shows what is bridged; where that is off nothing has
 * the mark, and nothing passes.
 */
export function policedBy(
  model: Model,
  segment: Segment,
  here: SegmentSite | undefined,
): readonly NftTable[] {
  if (!model.policy) return [];
  const bridged = here?.mode !== 'proxy';
  const pass = { ...(bridged && { set: `meta mark set ${seen}` }), verdict: 'accept' };
  const guard = guardOf(model.policy, guardingOf(model, [segment], bridged, pass));
  const ranges = rangeSets(segment);
  const name = policyTable(model);
  const asked: NftTable = {
    family: 'inet',
    name,
    counters: [...guard.counters].sort(byText),
    sets: ranges,
    maps: [...guard.maps].sort(by((map) => map.name)),
    chains: [
      forward(afterBorder, [
        ...(bridged ? forMany(segment).map((match) => ({ match: [...match], ...pass })) : []),
        // Neighbours of IPv6 and listeners of multicast, which nobody tracks (RFC 4861, RFC 2710).
        { match: [is('ct state', 'untracked')], ...pass },
        ...beyond(segment, ranges, pass),
        { match: [], verdict: 'jump guard' },
        { match: [], counter: 'deny', verdict: 'drop' },
      ]),
      ...guard.chains,
    ].sort(by((chain) => chain.name)),
  };
  return bridged ? [unmarked(name), asked] : [asked];
}

const switches = {
  4: 'net.bridge.bridge-nf-call-iptables',
  6: 'net.bridge.bridge-nf-call-ip6tables',
} as const;

/** Shows what is bridged in this namespace to the guard. */
export const shownBridged = (
  model: Model,
  { subnets }: Segment,
  here: SegmentSite | undefined,
): Sysctl[] =>
  model.policy && here?.mode !== 'proxy'
    ? [...new Set(subnets.map(({ family }) => switches[family]))].map((key) => ({
        key,
        value: '1',
      }))
    : [];

/**
 * What is for many machines no rule speaks of, and the border keeps it at home, unless the segment is flooded. A frame
 * for all in which is something for one is none of it.
 */
export function forMany({ subnets }: Pick<Segment, 'subnets'>): readonly (readonly NftMatch[])[] {
  const toMany = is('meta pkttype', ['broadcast', 'multicast']);
  const broadcasts = subnets.filter(({ family }) => family === 4).map(({ last }) => String(last));
  return [
    [toMany, is('ip daddr', ['224.0.0.0/4', '255.255.255.255', ...broadcasts])],
    [toMany, is('ip6 daddr', 'ff00::/8')],
  ];
}

const forward = (priority: number, rules: readonly NftRule[]): NftChain => ({
  name: 'forward',
  hook: { type: 'filter', hook: 'forward', priority, policy: 'accept' },
  rules: [...rules],
});

/** Nothing of IP passes that the guard did not see. */
const unmarked = (name: string): NftTable => ({
  family: 'bridge',
  name,
  counters: ['unguarded'],
  sets: [],
  maps: [],
  chains: [
    forward(afterwards, [
      { match: [is('meta protocol', 'arp')], verdict: 'accept' },
      { match: [is('meta mark', seen)], verdict: 'accept' },
      { match: [], counter: 'unguarded', verdict: 'drop' },
    ]),
  ],
});

/**
 * How the machines of these segments are guarded from each other. A bridge has no way to answer: what it refuses
 * it drops.
 */
export function guardingOf(
  model: Model,
  segments: readonly Segment[],
  bridged: boolean,
  pass: Guarding['pass'],
): Guarding {
  const space = segmentSpace(model, segments);
  return {
    receivers: space,
    closed: segmentRanges(segments),
    sendersOf: (addresses) => addresses.intersect(space),
    refusal: { counter: 'deny', verdict: bridged ? 'drop' : 'reject with icmpx admin-prohibited' },
    pass,
  };
}

const original = { 4: 'ct original ip', 6: 'ct original ip6' } as const;

/** What leads out of the segment, or in, is its router's to judge. */
const beyond = (
  { routers }: Segment,
  ranges: readonly NftSet[],
  pass: Guarding['pass'],
): readonly NftRule[] =>
  ranges.flatMap(({ name, type }) => {
    const family = type === typeOf[4] ? 4 : 6;
    if (!routers.some((router) => router.family === family)) return [];
    return ['daddr', 'saddr'].map(
      (side): NftRule => ({
        match: [{ left: `${original[family]} ${side}`, op: '!=', right: `@${name}` }],
        ...pass,
      }),
    );
  });

const typeOf = { 4: 'ipv4_addr', 6: 'ipv6_addr' } as const;

export const rangeSets = (...segments: readonly Segment[]): NftSet[] =>
  ([4, 6] as const).flatMap((family): NftSet[] => {
    const own = segmentRanges(segments)
      .prefixes()
      .filter((prefix) => prefix.family === family);
    if (own.length === 0) return [];
    const elements = own.map(String);
    return [{ name: `ranges${family}`, type: typeOf[family], interval: true, elements }];
  });
