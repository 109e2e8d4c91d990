import { by, byText } from '#base';
import type { Address } from '#ip';
import type { Segment } from '#spec';
import type { NftMatch, NftRule, NftTable } from '#state';
import type { Model, Node } from '../../model.ts';
import { type Guard, type Guarding, type GuardKeys, guardOf } from '../policy-guard.ts';
import { drop, is, isNot, pass } from '../words.ts';
import { forMany, guardingOf, policyTable, rangeSets } from './policed.ts';
import { routersFoundAt } from './strays.ts';

/** Behind the guard of who is who, before all that others have in the bridge. */
const priority = -290;

/**
 * The policy at ports on which machines of segments are (`taps`), also between two of one site. It looks at each frame by
 * itself: to track connections in the machine's own namespace would take that from whoever does it there already, as the
 * security groups of Neutron do with zones of their own. Answers are known by their ports.
 */
export function tapPolicy(model: Model, { machine, unit }: Node): readonly NftTable[] {
  const { policy, network } = model;
  if (!policy || machine.taps.length === 0) return [];
  const segments = network.segments.filter(({ sites }) =>
    sites.some(({ site }) => site === unit.name),
  );
  if (segments.length === 0) return [];
  const ranges = rangeSets(...segments);
  const guarding = guardingOf(model, segments, true, { verdict: 'accept' });
  const there = guardOf(policy, { ...guarding, keys: asSent, refusal: toBack });
  const back = guardOf(policy, { ...guarding, keys: asAnswered });
  const ports = machine.taps.flatMap((tap): NftRule[] =>
    ['iifname', 'oifname'].map((side) => ({ match: [is(side, tap)], verdict: 'goto asked' })),
  );
  const chains = [
    {
      name: 'forward',
      hook: { type: 'filter', hook: 'forward', priority, policy: 'accept' } as const,
      rules: ports,
    },
    {
      name: 'asked',
      rules: [
        pass(isNot('meta protocol', ['ip', 'ip6'])),
        ...segments.flatMap(forMany).map((match) => pass(...match)),
        ...askedOfNone(segments),
        ...ofTheLink(routersFoundAt(model, segments, unit.name)),
        ...beyond(ranges.map(({ name, type }) => [name, type === 'ipv4_addr' ? 'ip' : 'ip6'])),
        { match: [], verdict: `jump ${asSent.prefix}guard` },
        drop('deny'),
      ],
    },
    ...there.chains,
    ...back.chains,
  ];
  return [
    {
      family: 'bridge',
      name: policyTable(model),
      counters: [...new Set([there, back].flatMap((guard: Guard) => guard.counters))].sort(byText),
      sets: ranges,
      maps: [...there.maps, ...back.maps].sort(by(({ name }) => name)),
      chains: chains.sort(by(({ name }) => name)),
    },
  ];
}

const errors = ['destination-unreachable', 'parameter-problem', 'time-exceeded'];
const errors6 = [...errors, 'packet-too-big'].sort(byText);
const neighbours = [
  ...['nd-neighbor-advert', 'nd-neighbor-solicit'],
  ...['nd-router-advert', 'nd-router-solicit'],
];

/** Parts of datagrams but the first, and errors, which hold what they answer. */
const portless: readonly NftMatch[][] = [
  [isNot('ip frag-off & 0x1fff', '0')],
  [isNot('frag frag-off', '0')],
  [is('icmp type', errors)],
  [is('icmpv6 type', errors6)],
];

/** A part that begins where TCP has its flags would hide them (RFC 3128). */
const flagless: readonly NftRule[] = [
  drop('deny', is('ip frag-off & 0x1fff', '1'), is('meta l4proto', 'tcp')),
  drop('deny', is('frag frag-off', '1'), is('meta l4proto', 'tcp')),
];

const ipOf = (family: 4 | 6): string => (family === 4 ? 'ip' : 'ip6');

/** A frame that begins a flow, or goes on with it. */
const asSent: GuardKeys = {
  prefix: 'sent-',
  address: (family, side) => `${ipOf(family)} ${side}`,
  port: 'th dport',
  first: flagless,
  portless,
};

/** What may not be sent may still be an answer. */
const toBack: Guarding['refusal'] = { verdict: 'goto answer-guard' };

const otherSide = { saddr: 'daddr', daddr: 'saddr' } as const;

/** A frame that answers: whom it is for may send to whom it is from. */
const asAnswered: GuardKeys = {
  prefix: 'answer-',
  address: (family, side) => `${ipOf(family)} ${otherSide[side]}`,
  port: 'th sport',
  first: [
    ...flagless,
    drop('deny', is('tcp flags & (syn | ack)', 'syn')),
    drop('deny', is('icmp type', 'echo-request')),
    drop('deny', is('icmpv6 type', 'echo-request')),
  ],
  portless,
};

/** Neighbours are asked for and answer, and servers of DHCP are asked and answer: who those are, the guard of who is who knows. */
const askedOfNone = (segments: readonly Segment[]): NftRule[] => {
  const servers = segments.flatMap(({ sites }) => sites.flatMap(({ dhcp }) => dhcp.addresses));
  const routers = segments.flatMap((segment) => segment.routers);
  const of = (family: 4 | 6, side: 'saddr' | 'daddr', all: readonly Address[]): NftMatch[] => {
    const own = all.filter((one) => one.family === family).map(String);
    return own.length === 0 ? [] : [is(`${ipOf(family)} ${side}`, [...new Set(own)].sort(byText))];
  };
  return [
    pass(is('icmpv6 type', neighbours)),
    pass(is('udp sport', '67'), is('udp dport', '68')),
    pass(is('udp sport', '547'), is('udp dport', '546')),
    ...of(4, 'daddr', servers).map((server) =>
      pass(server, is('udp sport', '68'), is('udp dport', '67')),
    ),
    ...of(6, 'daddr', servers).map((server) =>
      pass(server, is('udp sport', '546'), is('udp dport', '547')),
    ),
    ...(['saddr', 'daddr'] as const).flatMap((side) => [
      ...of(4, side, routers).map((router) => pass(router, is('icmp type', errors))),
      ...of(6, side, routers).map((router) => pass(router, is('icmpv6 type', errors6))),
    ]),
  ];
};

/** Addresses of the link, and of nobody, are in no range, and yet lead to no router: only what a router itself sends and hears by them passes. */
const ofTheLink = (routers: readonly string[]): NftRule[] => [
  ...(routers.length === 0
    ? []
    : [
        pass(is('ip6 daddr', 'fe80::/10'), is('ether saddr', [...routers])),
        pass(is('ip6 saddr', 'fe80::/10'), is('ether daddr', [...routers])),
      ]),
  ...(['saddr', 'daddr'] as const).flatMap((side) => [
    drop('deny', is(`ip6 ${side}`, ['::', 'fe80::/10', 'ff00::/8'])),
    drop('deny', is(`ip ${side}`, ['0.0.0.0/8', '224.0.0.0/3'])),
  ]),
];

/** What is of no segment is a router's to judge, and the guard of who is who lets only that have it. */
const beyond = (ranges: readonly (readonly [set: string, ip: string])[]): NftRule[] =>
  ranges.flatMap(([set, ip]) =>
    ['daddr', 'saddr'].map((side) => pass(isNot(`${ip} ${side}`, `@${set}`))),
  );
