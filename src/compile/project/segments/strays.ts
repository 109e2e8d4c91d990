import { byText } from '#base';
import type { Address, Family } from '#ip';
import type { Segment } from '#spec';
import type { NftChain, NftMatch, NftRule, NftSet } from '#state';
import type { Model } from '../../model.ts';
import { segmentRanges } from '../../policy/spaces.ts';
import { drop, is, pass } from '../words.ts';
import { serversOf } from './dhcp.ts';
import { setsOf } from './known.ts';
import { forMany } from './policed.ts';
import { asSeen } from './proxied.ts';
import { isOurRouter, stationsOf } from './stations.ts';

const families = [4, 6] as const;
const ipOf = { 4: 'ip', 6: 'ip6' } as const;

/** What means something on one link alone. */
const onLink: Readonly<Record<Family, readonly string[]>> = {
  4: ['224.0.0.0/4', '255.255.255.255'],
  6: ['fe80::/10', 'ff00::/8'],
};

/** Where machines of segments are, and what leads to no router. */
export const insides = (segments: readonly Segment[]): readonly NftSet[] =>
  families.map((family) => {
    const own = segmentRanges(segments)
      .prefixes()
      .filter((one) => one.family === family);
    const elements = [...own.map(String), ...onLink[family]].sort(byText);
    return { name: `inside${family}`, type: `ipv${family}_addr`, interval: true, elements };
  });

/** Sets of the same name are one. */
export function together(sets: readonly NftSet[]): readonly NftSet[] {
  return [...Map.groupBy(sets, ({ name }) => name).values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    const elements = new Set([first, ...more].flatMap((set) => set.elements));
    return [{ ...first, elements: [...elements].sort(byText) }];
  });
}

/** Who is found by which MAC address at a site; one in proxy mode finds those of others, and routers of ours, by that of its port, which no file has. */
function foundAt(model: Model, segment: Segment, site: string) {
  const isProxied = segment.sites.some((one) => one.site === site && one.mode === 'proxy');
  const isFound = (one: { readonly site: string; readonly name?: string }): boolean =>
    !isProxied || (one.site === site && !isOurRouter(model, one));
  const all = stationsOf(model, segment).filter(isFound);
  const seen = asSeen(model, segment);
  const stations = all.map((one) => (one.site === site ? one : seen(one)));
  const servers = serversOf(model, segment).filter(isFound);
  const machines = [...stations, ...servers.map((server) => ({ ...server, allow: [] }))];
  // Who leads out of it may be somebody that no file names.
  const isClosed = (family: Family): boolean =>
    !isProxied &&
    segment.routers
      .filter((router) => router.family === family)
      .every((router) => stations.some(({ addresses }) => has(addresses, router)));
  return { machines, isClosed };
}

/** The routers of segments by the MAC addresses by which they are found at a site, as far as a file says them. */
export const routersFoundAt = (
  model: Model,
  segments: readonly Segment[],
  site: string,
): readonly string[] => {
  const macs = segments.flatMap((segment) =>
    foundAt(model, segment, site)
      .machines.filter(({ addresses }) => segment.routers.some((router) => has(addresses, router)))
      .map(({ mac }) => mac),
  );
  return [...new Set(macs)].sort(byText);
};

/** Whether the file says of all routers of that family by which MAC address they are found at a site. */
export const knowsRouter = (
  model: Model,
  segment: Segment,
  site: string,
  family: Family,
): boolean => foundAt(model, segment, site).isClosed(family);

const has = (addresses: readonly Address[], wanted: Address): boolean =>
  addresses.some((one) => one.equals(wanted));

const setNames = { pairs: 'pairs', behind: 'pairs-behind' } as const;

/**
 * At the ports of machines: that the machine with the MAC address of a frame has its address, at whichever site it is, so that nothing
 * goes round the policy, which speaks of addresses. What leads out of the segment, or in, is for its router alone, or from it. Of a machine
 * that no file names nothing is known, so it may have any address but those of others.
 */
export function straysAt(
  model: Model,
  segments: readonly Segment[],
  site: string,
): { readonly sets: readonly NftSet[]; readonly chains: readonly NftChain[] } {
  const found = segments.map((segment) => ({ segment, ...foundAt(model, segment, site) }));
  const machines = found.flatMap((one) => one.machines);
  const addresses = machines.flatMap((one) => one.addresses);
  const pairs = together(
    found.flatMap(({ segment, machines: own }) => setsOf(segment, 'near', own)),
  ).map((set) => ({ ...set, name: set.name.replace('near', setNames.pairs) }));
  const known: NftSet[] = [
    {
      name: 'machines',
      type: 'ether_addr',
      interval: false,
      elements: [...new Set(machines.map(({ mac }) => mac))].sort(byText),
    },
    ...families.map((family) => ({
      name: `addresses${family}`,
      type: `ipv${family}_addr`,
      interval: false,
      elements: [...new Set(addresses.filter((one) => one.family === family).map(String))].sort(
        byText,
      ),
    })),
  ];
  const closed = families.filter((family) => found.every(({ isClosed }) => isClosed(family)));
  const many = segments.flatMap(forMany);
  return {
    sets: [...pairs, ...known, ...insides(segments)],
    chains: [
      { name: 'to', rules: [...rulesOf('daddr', closed, many)] },
      { name: 'from', rules: [...rulesOf('saddr', closed, [])] },
    ],
  };
}

function rulesOf(
  side: 'saddr' | 'daddr',
  closed: readonly Family[],
  many: readonly (readonly NftMatch[])[],
): readonly NftRule[] {
  const pair = (family: Family, set: string): NftRule =>
    pass(is(`ether ${side} . ${ipOf[family]} ${side}`, `@${set}${family}`));
  return [
    ...families.map((family) => pair(family, setNames.pairs)),
    ...many.map((match) => pass(...match)),
    // What is of one link alone, or of nobody yet, no pair can be looked up for.
    pass(is(`ip6 ${side}`, side === 'daddr' ? 'fe80::/10' : ['::', 'fe80::/10'])),
    ...(side === 'saddr' ? [pass(is('ip saddr', '0.0.0.0'))] : []),
    ...families.map((family) => pair(family, setNames.behind)),
    drop('stray', is(`ether ${side}`, '@machines')),
    ...families.map((family) =>
      drop('stray', is(`${ipOf[family]} ${side}`, `@addresses${family}`)),
    ),
    ...(side === 'daddr' ? [drop('stray', is('meta pkttype', ['broadcast', 'multicast']))] : []),
    ...closed.map((family) =>
      drop('stray', { left: `${ipOf[family]} ${side}`, op: '!=', right: `@inside${family}` }),
    ),
    pass(),
  ];
}
