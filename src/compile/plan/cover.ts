import { PrefixSet } from '#ip';
import type { Selector } from '#spec';
import type { Model } from '../model.ts';
import { selectorResolver } from '../policy/selectors.ts';
import { addressesOf, placesOf } from '../trace/places.ts';
import { stationOf } from '../trace/segment.ts';
import { everyName } from './names.ts';

interface Named {
  readonly selector: string;
  readonly members: ReadonlySet<string>;
}

const known = new WeakMap<Model, readonly Named[]>();
const knownInside = new WeakMap<Model, readonly Named[]>();

/** `all`, groups, sites and tags with the machines they stand for, the widest first. */
function selectorsOf(model: Model): readonly Named[] {
  const found = known.get(model) ?? readSelectors(model, namesOf(model), ['all']);
  known.set(model, found);
  return found;
}

/** The same of machines of segments. */
function selectorsInside(model: Model): readonly Named[] {
  const found = knownInside.get(model) ?? readSelectors(model, stationsOf(model), []);
  knownInside.set(model, found);
  return found;
}

type Addressed = readonly (readonly [name: string, addresses: PrefixSet])[];

const namesOf = (model: Model): Addressed => {
  const places = placesOf(model);
  return everyName(model).map((name) => [name, PrefixSet.of(addressesOf(places.station(name)))]);
};

const stationsOf = ({ network }: Model): Addressed =>
  network.segments.flatMap(({ stations }) =>
    stations.map(({ name, addresses }) => [name, PrefixSet.of(addresses)] as const),
  );

function readSelectors(
  model: Model,
  addresses: Addressed,
  everybody: readonly 'all'[],
): readonly Named[] {
  const { groups, sites, segments } = model.network;
  const tags = [
    ...segments.flatMap(({ stations }) => stations.flatMap((station) => station.tags)),
    ...model.nodes.flatMap(({ machine }) => machine.tags),
    ...[...model.hostsByName.values()].flatMap((host) => host.tags),
    ...sites.flatMap((site) => site.tags),
  ];
  const resolve = selectorResolver(model);
  const named = (selector: string, one: Selector): Named => {
    const set = resolve([one]);
    const members = addresses.filter(([, own]) => isInside(own, set)).map(([name]) => name);
    return { selector, members: new Set(members) };
  };
  return [
    ...everybody.map((selector) => ({
      selector,
      members: new Set(addresses.map(([name]) => name)),
    })),
    ...segments.map(({ name }) => named(`segment:${name}`, { kind: 'segment', name })),
    ...groups.map(({ name }) => named(name, { kind: 'group', name })),
    ...sites.map(({ name }) => named(`site:${name}`, { kind: 'site', name })),
    ...[...new Set(tags)].sort().map((name) => named(`tag:${name}`, { kind: 'tag', name })),
  ].sort((a, b) => b.members.size - a.members.size);
}

const isInside = (own: PrefixSet, set: PrefixSet): boolean =>
  own.ranges().length > 0 && own.subtract(set).ranges().length === 0;

/**
 * Machines as few words of the file: selectors that stand for some of these and for nobody else, then
 * names. `besides` does not matter: whom it is told about.
 */
export function coverOf(
  model: Model,
  machines: ReadonlySet<string>,
  besides: ReadonlySet<string> = new Set(),
): readonly string[] {
  const left = new Set([...machines].filter((name) => !besides.has(name)));
  const words: string[] = [];
  const areInside = [...machines].some((name) => stationOf(model, name));
  for (const { selector, members } of areInside ? selectorsInside(model) : selectorsOf(model)) {
    if (left.size < 2) break;
    const meant = [...members].filter((name) => !besides.has(name));
    const fresh = meant.filter((name) => left.has(name));
    if (fresh.length < 2 || !meant.every((name) => machines.has(name))) continue;
    words.push(selector);
    for (const name of fresh) left.delete(name);
  }
  return [...words, ...[...left].sort()];
}
