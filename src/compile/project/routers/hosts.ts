import { byText, fnv1a } from '#base';
import { type Family, PrefixSet } from '#ip';
import type { Router } from '#spec';
import type { Lookup, NftSet } from '#state';
import type { Model } from '../../model.ts';

/** The names of those outside that a router lets reach, each once. */
const hostsOf = ({ egress }: Router): readonly string[] =>
  [...new Set(egress.flatMap(({ host }) => host ?? []))].sort(byText);

/** The longest name of a set that nft(8) takes, without room for what we put around it. */
const mostLetters = 200;

/** Another host's name never gives the same; short enough for nft. */
export const plainHost = (host: string): string =>
  host.length <= mostLetters ? host : `${host.slice(0, mostLetters)}.${flowMark(host)}`;

/** The set of the addresses that a name has at the moment. */
export const hostSet = (host: string, family: Family): string => `at-${plainHost(host)}-v${family}`;

/** Of flows that began while their address was that of this name: they may end when it is another's. */
export const flowMark = (host: string): number => fnv1a(host) >>> 0 || 1;

/** Empty: who the names are is found out by the agent. */
export const hostSets = (router: Router): readonly NftSet[] =>
  router.families.flatMap((family) =>
    hostsOf(router).map((host) => ({
      name: hostSet(host, family),
      type: family === 4 ? 'ipv4_addr' : 'ipv6_addr',
      interval: false,
      elements: [],
    })),
  );

/** What the agent is to look up; from a segment no name leads inside. */
export function lookupsOf(model: Model, router: Router): readonly Lookup[] {
  const families = router.families;
  const never = insideOf(model).prefixes().map(String);
  return hostsOf(router).map((host) => ({
    host,
    table: `hawser-${model.network.name}`,
    ...(families.includes(4) && { v4: hostSet(host, 4) }),
    ...(families.includes(6) && { v6: hostSet(host, 6) }),
    never,
  }));
}

/** All that is the network's own. */
const insideOf = ({ inside, network: { segments, routers } }: Model): PrefixSet =>
  PrefixSet.of([
    ...inside.prefixes(),
    ...segments.flatMap(({ subnets }) => subnets),
    ...routers.flatMap(({ uplink }) => uplink.map(({ network }) => network)),
  ]);
