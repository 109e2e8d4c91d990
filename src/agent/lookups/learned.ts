import { Address } from '#ip';
import { canonicalElement, type HostState, idOf, type Lookup, type NftElementItem } from '#state';
import { type Learned, type LearnedBySpace, noItems } from '../segments/learned.ts';
import { type Known, unknown } from './answers.ts';

/** What is known of names. */
export type KnownHosts = ReadonlyMap<string, Known>;

/** The lookups of a state, by namespace. */
export const lookupsIn = ({ namespaces }: HostState): ReadonlyMap<string, readonly Lookup[]> =>
  new Map(
    Object.entries(namespaces).flatMap(([space, { lookups }]) =>
      lookups ? [[space, lookups.items]] : [],
    ),
  );

/** The elements of sets that names are at the moment. */
export const learnedOf = (state: HostState, hosts: KnownHosts): LearnedBySpace =>
  new Map(
    [...lookupsIn(state)].map(([space, lookups]): [string, Learned] => {
      const items = lookups.flatMap((one) => elementsOf(one, hosts.get(one.host) ?? unknown));
      const elements = new Map(items.map((item) => [idOf['nft-elements'](item), item]));
      return [space, { ...noItems(), 'nft-elements': elements, settled: true }];
    }),
  );

const elementsOf = ({ table, v4, v6 }: Lookup, { until }: Known): readonly NftElementItem[] =>
  Object.keys(until).flatMap((text) => {
    const address = Address.parse(text);
    const set = address.family === 4 ? v4 : v6;
    if (set === undefined) return [];
    const type = address.family === 4 ? 'ipv4_addr' : 'ipv6_addr';
    const element = canonicalElement(String(address), type);
    return [{ family: 'inet', table, set, element }];
  });
