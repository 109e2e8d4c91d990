import { byText } from '#base';
import { type Family, Prefix, PrefixSet } from '#ip';
import type { Segment, Station } from '#spec';
import type { NftSet } from '#state';
import type { Model } from '../../model.ts';
import { serversOf } from './dhcp.ts';
import { asSeen } from './proxied.ts';
import { isOurRouter, stationsOf } from './stations.ts';

/** From which side of the border a frame comes: the port, or the tunnels. */
export type Side = 'near' | 'far';

const families = [4, 6] as const;

/**
 * The set of what a side is known to have: pairs of MAC and address, `02:00:00:00:00:0a . 10.9.0.2`.
 * Single elements, so that one more costs one more.
 */
export const pairsAt = (side: Side, family: Family): string => `${side}${family}`;
/** The set of the ranges from which machines of a side may send besides, pairs of MAC and range. */
export const rangesAt = (side: Side, family: Family): string => `${side}-behind${family}`;

/** Who may send from addresses of a segment: a machine of it, or a server of ours. */
type Known = Pick<Station, 'site' | 'mac' | 'addresses' | 'allow'> & { readonly name?: string };

/**
 * Who is known at the site of a gateway and at the others, by the file. `routed`: where the port is on no bridge, a
 * router of ours at the site is beyond it.
 */
export function knownSets(
  model: Model,
  segment: Segment,
  site: string,
  routed = false,
): readonly NftSet[] {
  const servers = serversOf(model, segment).map((server) => ({ ...server, allow: [] }));
  const here = (one: Known): boolean => one.site === site && !(routed && isOurRouter(model, one));
  const near: readonly Known[] = [...stationsOf(model, segment), ...servers];
  const far: readonly Known[] = [
    ...stationsOf(model, segment).map(asSeen(model, segment)),
    ...servers,
  ];
  return [
    ...setsOf(segment, 'near', near.filter(here)),
    ...setsOf(
      segment,
      'far',
      far.filter((one) => !here(one)),
    ),
  ];
}

export const setsOf = (
  segment: Segment,
  side: Side,
  stations: readonly Known[],
): readonly NftSet[] => {
  const byMac = [...Map.groupBy(stations, ({ mac }) => mac)];
  return families.flatMap((family): NftSet[] => {
    const type = `ether_addr . ipv${family}_addr`;
    const pairs = stations.flatMap(({ mac, addresses }) =>
      addresses.filter((one) => one.family === family).map((address) => `${mac} . ${address}`),
    );
    const ranges = byMac.flatMap(([mac, all]) =>
      PrefixSet.of(all.flatMap((station) => [...behind(segment, station).prefixes()]))
        .prefixes()
        .filter((prefix) => prefix.family === family)
        .map((prefix) => `${mac} . ${prefix}`),
    );
    return [
      { name: pairsAt(side, family), type, interval: false, elements: pairs.sort(byText) },
      { name: rangesAt(side, family), type, interval: true, elements: ranges.sort(byText) },
    ];
  });
};

const everything = PrefixSet.of(['0.0.0.0/0', '::/0'].map((text) => Prefix.parse(text)));

/** What a router hands on comes from everywhere but the segment; other machines have what they are allowed. */
function behind({ routers, subnets }: Segment, { addresses, allow }: Known): PrefixSet {
  const routed = routers.filter((router) => addresses.some((address) => address.equals(router)));
  const outside = everything.subtract(PrefixSet.of(subnets)).prefixes();
  const beyond = outside.filter(({ family }) => routed.some((router) => router.family === family));
  return PrefixSet.of([...allow, ...beyond]);
}
