import type { Router } from '#spec';
import type { Namespace, NftMatch, NftRule, NftTable } from '#state';
import type { Model } from '../../model.ts';
import { is, isNot } from '../words.ts';
import { chain, letOut, neighbours, pings, refused, tableOf } from './filter.ts';
import { flowMark, hostSet } from './hosts.ts';
import { deviceIn, isInternet, segmentsOf } from './place.ts';

/** What is added to a router that others made: ends in our segments, and a filter for what passes those. */
export const externalParts = (
  model: Model,
  router: Router,
): Pick<Namespace, 'nft' | 'external'> => ({
  external: { v: 1, items: [{ router: router.name }] },
  nft: { v: 1, items: [externalFilter(model, router)] },
});

/**
 * What passes between segments of ours and the rest of the router, in a table of its own. Nothing is said of what passes
 * none of our devices, and what it is let do by this the router's own filters may still refuse.
 */
function externalFilter(model: Model, router: Router): NftTable {
  const devices = segmentsOf(model, router).map(deviceIn);
  const inside = is('iifname', devices);
  return tableOf(model, router, (between) => [
    chain('arrive', 'prerouting', 'accept', [
      ...toHosts(router, inside),
      ...unrouted(router, inside),
    ]),
    chain('forward', 'forward', 'accept', [
      { match: [isNot('iifname', devices), isNot('oifname', devices)], verdict: 'accept' },
      { match: [is('ct state', 'invalid')], counter: 'invalid', verdict: 'drop' },
      { match: [is('ct state', 'related')], verdict: 'accept' },
      {
        match: [isNot('iifname', devices), is('ct state', 'new')],
        counter: 'knocks',
        verdict: 'drop',
      },
      ...between,
      ...router.egress.flatMap((egress) => letOut(router, egress)),
      refused,
    ]),
    chain('input', 'input', 'accept', [
      { match: [isNot('iifname', devices)], verdict: 'accept' },
      { match: [is('ct state', ['established', 'related'])], verdict: 'accept' },
      { match: [is('icmpv6 type', neighbours)], verdict: 'accept' },
      { match: [pings], verdict: 'accept' },
      { match: [], counter: 'denied', verdict: 'drop' },
    ]),
    ...masquerade(model, router, devices),
  ]);
}

const daddr = { 4: 'ip daddr', 6: 'ip6 daddr' } as const;
const saddr = { 4: 'ip saddr', 6: 'ip6 saddr' } as const;

/** Who has a name at the moment, or had it when the flow began, is on no list of ranges. */
const toHosts = ({ families, egress }: Router, inside: NftMatch): readonly NftRule[] =>
  egress
    .flatMap(({ host }) => host ?? [])
    .flatMap((host) => [
      ...families.map((family) => is(daddr[family], `@${hostSet(host, family)}`)),
      is('ct mark', String(flowMark(host))),
    ])
    .map((target) => ({ match: [inside, target], verdict: 'accept' }));

/** What is on no list is refused before the router looks for a way: it may have none. */
const unrouted = ({ families, egress }: Router, inside: NftMatch): readonly NftRule[] =>
  egress.some(isInternet)
    ? []
    : families.map((family) => ({
        ...refused,
        match: [
          inside,
          is('meta pkttype', 'host'),
          { left: daddr[family], op: '!=', right: `@reach${family}` },
        ],
      }));

/** By whichever of its devices something leaves, with the address of that. */
function masquerade(model: Model, router: Router, devices: string[]) {
  if (!router.snat) return [];
  const subnets = segmentsOf(model, router).flatMap((segment) => segment.subnets);
  const rules = router.families.map((family): NftRule => {
    const own = subnets.filter((one) => one.family === family).map(String);
    return { match: [isNot('oifname', devices), is(saddr[family], own)], verdict: 'masquerade' };
  });
  const hook = { type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept' } as const;
  return [{ name: 'translate-out', hook, rules }];
}
