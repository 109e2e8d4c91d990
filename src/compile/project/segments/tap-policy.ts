import { by, byText } from '#base';
import type { NftMatch, NftRule, NftTable } from '#state';
import type { Model, Node } from '../../model.ts';
import { type Guard, type Guarding, type GuardKeys, guardOf } from '../policy-guard.ts';
import { forMany, guardingOf, policyTable, rangeSets } from './policed.ts';

const is = (left: string, right: string | string[]): NftMatch => ({ left, op: '==', right });
const not = (left: string, right: string | string[]): NftMatch => ({ left, op: '!=', right });
const pass = (...match: NftMatch[]): NftRule => ({ match, verdict: 'accept' });
const drop = (...match: NftMatch[]): NftRule => ({ match, counter: 'deny', verdict: 'drop' });

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
        ...askedOfNone(ranges.map(({ name, type }) => [name, type === 'ipv4_addr' ? 'ip' : 'ip6'])),
        ...segments.flatMap(forMany).map((match) => pass(...match)),
        { match: [], verdict: `jump ${asSent.prefix}guard` },
        drop(),
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

const ipOf = (family: 4 | 6): string => (family === 4 ? 'ip' : 'ip6');

/** A frame that begins a flow, or goes on with it. */
const asSent: GuardKeys = {
  prefix: 'sent-',
  address: (family, side) => `${ipOf(family)} ${side}`,
  port: 'th dport',
  first: [],
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
    drop(is('tcp flags & (syn | ack)', 'syn')),
    drop(is('icmp type', 'echo-request')),
    drop(is('icmpv6 type', 'echo-request')),
  ],
};

const errors = ['destination-unreachable', 'time-exceeded', 'parameter-problem'];

/**
 * What no rule speaks of: neighbours, DHCP (whose servers are known by who they are), errors, parts of datagrams but the first,
 * and what is of no segment, which is a router's to judge.
 */
const askedOfNone = (ranges: readonly (readonly [set: string, ip: string])[]): NftRule[] => [
  pass(not('meta protocol', ['ip', 'ip6'])),
  pass(is('icmp type', errors)),
  pass(
    is('icmpv6 type', [
      ...[...errors, 'packet-too-big'].sort(byText),
      ...['nd-neighbor-advert', 'nd-neighbor-solicit', 'nd-router-advert', 'nd-router-solicit'],
    ]),
  ),
  pass(is('udp dport', ['67', '68', '546', '547'])),
  pass(not('ip frag-off & 0x1fff', '0')),
  pass(not('frag frag-off', '0')),
  ...ranges.flatMap(([set, ip]) =>
    ['daddr', 'saddr'].map((side) => pass(not(`${ip} ${side}`, `@${set}`))),
  ),
];
