import { by, byText } from '#base';
import { type Family, Prefix, PrefixSet } from '#ip';
import { type Egress, type Forward, type Port, type Router, type Uplink, unroutable } from '#spec';
import type { NftChain, NftMatch, NftRule, NftSet, NftTable } from '#state';
import type { Model } from '../../model.ts';
import { guardOf } from '../policy-guard.ts';
import { guardingOf } from '../segments/policed.ts';
import { is, isNot } from '../words.ts';
import { flowMark, hostSet, hostSets, plainHost } from './hosts.ts';
import { deviceIn, isInternet, outwardMark, segmentsOf, uplink } from './place.ts';

/** Neighbour solicitations and advertisements (RFC 4861, 4.3 and 4.4). */
export const neighbours = ['135', '136'];
export const pings = is('meta l4proto', ['icmp', 'icmpv6']);
const fromOutside = is('iifname', uplink);
const fromInside = isNot('iifname', uplink);
const original = { 4: 'ct original ip daddr', 6: 'ct original ip6 daddr' } as const;

/** How counters of ways out are called: nft takes few letters in a name. */
const counterOf = (kind: 'to' | 'from', text: string): string =>
  `${kind}-${text.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '_')}`;
export const egressCounter = ({ text, host }: Egress): string =>
  counterOf('to', host === undefined ? text : plainHost(host));
export const forwardCounter = ({ protocol, port }: Forward): string =>
  counterOf('from', `${protocol}_${port}`);

/**
 * What passes a router, in a table of its own: by the addresses that a flow began with, in both directions
 * and for as long as it lives, so that answers need no rule, and a shorter list ends what it no longer allows.
 */
export function egressFilter(model: Model, router: Router): NftTable {
  return tableOf(model, router, (between) => [
    chain('arrive', 'prerouting', 'accept', [
      ...answers(router),
      ...toHosts(router),
      ...unrouted(router),
    ]),
    chain('forward', 'forward', 'drop', [
      { match: [is('ct state', 'invalid')], counter: 'invalid', verdict: 'drop' },
      { match: [is('ct state', 'related')], verdict: 'accept' },
      ...router.forwards.flatMap((forward) => letIn(router, forward)),
      { match: [fromOutside, is('ct state', 'new')], counter: 'knocks', verdict: 'drop' },
      ...between,
      ...router.egress.flatMap((egress) => letOut(router, egress)),
      refused,
    ]),
    chain('input', 'input', 'drop', [
      { match: [is('iifname', 'lo')], verdict: 'accept' },
      { match: [is('ct state', ['established', 'related'])], verdict: 'accept' },
      { match: [is('icmpv6 type', neighbours)], verdict: 'accept' },
      { match: [fromInside, pings], verdict: 'accept' },
      { match: [fromOutside], counter: 'knocks', verdict: 'drop' },
    ]),
    ...translations(router),
  ]);
}

/** The table of a router with these chains, `between` being their rules for what passes from segment to segment. */
export function tableOf(
  model: Model,
  router: Router,
  chainsOf: (between: readonly NftRule[]) => readonly NftChain[],
): NftTable {
  const { rules: between, guard } = betweenSegments(model, router);
  const counters = [
    ...(guard?.counters ?? []),
    ...['denied', 'invalid', 'knocks'],
    ...(between.length > 0 ? ['between'] : []),
    ...router.egress.map(egressCounter),
    ...router.forwards.map(forwardCounter),
  ];
  return {
    family: 'inet',
    name: `hawser-${model.network.name}`,
    counters: [...new Set(counters)].sort(byText),
    sets: [...reachSets(model, router), ...insideSets(model, router), ...hostSets(router)],
    maps: [...(guard?.maps ?? [])].sort(by((map) => map.name)),
    chains: [...chainsOf(between), ...(guard?.chains ?? [])],
  };
}

export const refused: NftRule = {
  match: [],
  counter: 'denied',
  verdict: 'reject with icmpx admin-prohibited',
};

export const chain = (
  name: string,
  hook: string,
  policy: 'accept' | 'drop',
  rules: readonly NftRule[],
): NftChain => ({ name, hook: { type: 'filter', hook, priority: 0, policy }, rules: [...rules] });

/** Segments of one router reach each other through it, as far as the policy lets them. */
export function betweenSegments(model: Model, router: Router) {
  const segments = segmentsOf(model, router);
  const devices = segments.map(deviceIn);
  if (devices.length < 2) return { rules: [] };
  const match = [is('iifname', devices), is('oifname', devices)];
  const { policy } = model;
  const pass = { verdict: 'accept' };
  const guard = policy && guardOf(policy, guardingOf(model, segments, false, pass));
  const rule = { match, counter: 'between', verdict: guard ? 'goto guard' : 'accept' };
  return { rules: [rule], ...(guard && { guard }) };
}

/** Answers to what came in by a forward go back whence it came, to whoever that is. */
const answers = (router: Router): readonly NftRule[] =>
  router.uplink
    .filter(({ network }) => router.forwards.some(({ to }) => to.family === network.family))
    .map(({ address }) => ({
      match: [fromInside, is(original[address.family], String(address))],
      set: `meta mark set ${outwardMark}`,
      verdict: 'accept',
    }));

/** What is for somebody who has a name, or had it when the flow began, goes out without a route of the list. */
const toHosts = ({ uplink: ends, egress }: Router): readonly NftRule[] =>
  egress
    .flatMap(({ host }) => host ?? [])
    .flatMap((host) => [
      ...ends.map(({ network: { family } }) =>
        is(family === 4 ? 'ip daddr' : 'ip6 daddr', `@${hostSet(host, family)}`),
      ),
      is('ct mark', String(flowMark(host))),
    ])
    .map((target) => ({
      match: [fromInside, is('meta pkttype', 'host'), target],
      set: `meta mark set ${outwardMark}`,
      verdict: 'accept',
    }));

/** What has no route would be dropped before any rule of `forward` counts it. */
const unrouted = ({ uplink: ends, egress }: Router): readonly NftRule[] =>
  egress.some(isInternet)
    ? []
    : (
        [
          [4, 'ip daddr', '@reach4'],
          [6, 'ip6 daddr', '@reach6'],
        ] as const
      ).flatMap(([family, left, set]): NftRule[] =>
        ends.some(({ network }) => network.family === family)
          ? [{ ...refused, match: [fromInside, is('meta pkttype', 'host'), isNot(left, set)] }]
          : [],
      );

/** Everything that a router has a route to, its own addresses among them. */
function reachSets(model: Model, router: Router): readonly NftSet[] {
  const { uplink: ends, egress } = router;
  if (egress.some(isInternet)) return [];
  const prefixes = [
    ...ends.map(({ address }) => Prefix.single(address)),
    ...PrefixSet.of(egress.flatMap(({ to }) => to ?? []))
      .subtract(unroutable)
      .prefixes(),
    ...segmentsOf(model, router).flatMap(({ subnets }) => subnets),
    Prefix.parse('fe80::/10'),
  ];
  return router.families.map((family) => setOf(`reach${family}`, family, prefixes));
}

/**
 * Where everything may be reached, that is everything outside: from a segment nothing leads inside, nor to what is of a link, as
 * what a cloud tells the gateway alone.
 */
function insideSets(model: Model, { families, egress }: Router): readonly NftSet[] {
  if (!egress.some(isInternet)) return [];
  const inside = [
    ...model.inside.prefixes(),
    ...model.network.segments.flatMap(({ subnets }) => subnets),
    ...unroutable.prefixes(),
  ];
  return families.map((family) => setOf(`inside${family}`, family, inside));
}

const setOf = (name: string, family: Family, prefixes: readonly Prefix[]): NftSet => ({
  name,
  type: family === 4 ? 'ipv4_addr' : 'ipv6_addr',
  interval: true,
  elements: PrefixSet.of(prefixes.filter((one) => one.family === family))
    .prefixes()
    .map(String),
});

/** One rule for each protocol of the ports; one for all where there are none. */
function byPorts(ports: readonly Port[]): readonly (readonly NftMatch[])[] {
  if (ports.length === 0) return [[]];
  const spans = (protocol: 'tcp' | 'udp'): readonly (readonly NftMatch[])[] => {
    const texts = ports.flatMap((port) =>
      port.protocol !== protocol
        ? []
        : [port.first === port.last ? `${port.first}` : `${port.first}-${port.last}`],
    );
    if (texts.length === 0) return [];
    return [[is('meta l4proto', protocol), is('ct original proto-dst', [...new Set(texts)])]];
  };
  return [
    ...spans('tcp'),
    ...spans('udp'),
    ...(ports.some(({ protocol }) => protocol === 'icmp') ? [[pings]] : []),
  ];
}

export function letOut(router: Router, egress: Egress): readonly NftRule[] {
  return targetsOf(router, egress).flatMap(({ target, set }) =>
    byPorts(egress.ports).map(
      (match): NftRule => ({
        match: [target, ...match],
        counter: egressCounter(egress),
        ...(set !== undefined && { set }),
        verdict: 'accept',
      }),
    ),
  );
}

/** Whom an entry lets reach. Flows to who has a name are marked: they go on when the name has moved on. */
function targetsOf(
  { families }: Router,
  { to, host }: Egress,
): readonly { readonly target: NftMatch; readonly set?: string }[] {
  if (to) return [{ target: is(original[to.family], routableIn(to)) }];
  if (host === undefined)
    return families.map((family) => ({ target: isNot(original[family], `@inside${family}`) }));
  const mark = String(flowMark(host));
  return [
    { target: is('ct mark', mark) },
    ...families.map((family) => ({
      target: is(original[family], `@${hostSet(host, family)}`),
      set: `ct mark set ${mark}`,
    })),
  ];
}

/** Also where the list lets reach the internet besides, so that there is no set of what has a route. */
function routableIn(range: Prefix): string | string[] {
  const parts = PrefixSet.of([range]).subtract(unroutable).prefixes().map(String);
  const [only = String(range)] = parts;
  return parts.length > 1 ? parts : only;
}

const endOf = ({ uplink: ends }: Router, { to }: Forward): readonly Uplink[] =>
  ends.filter(({ network }) => network.family === to.family);

const letIn = (router: Router, forward: Forward): readonly NftRule[] =>
  endOf(router, forward).map(({ address }) => ({
    match: [
      is(original[address.family], String(address)),
      is('meta l4proto', forward.protocol),
      is('ct original proto-dst', String(forward.port)),
    ],
    counter: forwardCounter(forward),
    verdict: 'accept',
  }));

const nat = (name: string, hook: string, priority: number, rules: NftRule[]): NftChain => ({
  name,
  hook: { type: 'nat', hook, priority, policy: 'accept' },
  rules,
});

/** Where nft(8) has `dstnat` and `srcnat`. */
function translations(router: Router): readonly NftChain[] {
  const coming = router.forwards.flatMap((forward) =>
    endOf(router, forward).map(({ address }): NftRule => {
      const [family, target] =
        address.family === 4
          ? (['ip', `${forward.to}:${forward.target}`] as const)
          : (['ip6', `[${forward.to}]:${forward.target}`] as const);
      const { protocol, port } = forward;
      return {
        match: [
          fromOutside,
          is(`${family} daddr`, String(address)),
          is(`${protocol} dport`, String(port)),
        ],
        verdict: `dnat ${family} to ${target}`,
      };
    }),
  );
  const leaving = router.uplink.map(({ address }): NftRule => {
    const family = address.family === 4 ? 'ip' : 'ip6';
    return {
      match: [is('oifname', uplink), is('meta nfproto', address.family === 4 ? 'ipv4' : 'ipv6')],
      verdict: `snat ${family} to ${address}`,
    };
  });
  return [
    ...(coming.length > 0 ? [nat('translate-in', 'prerouting', -100, coming)] : []),
    ...(router.snat ? [nat('translate-out', 'postrouting', 100, leaving)] : []),
  ];
}
