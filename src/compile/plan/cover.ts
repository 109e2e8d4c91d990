import { PrefixSet } from '#ip';
import type { Selector } from '#spec';
import type { Model } from '../model.ts';
import { selectorResolver } from '../policy/selectors.ts';
import { addressesOf, placesOf } from '../trace/places.ts';
import { everyName } from './names.ts';

interface Named {
  readonly selector: string;
  readonly members: ReadonlySet<string>;
}

const known = new WeakMap<Model, readonly Named[]>();

/** `all`, groups, sites and tags with the machines they stand for, the widest first. */
function selectorsOf(model: Model): readonly Named[] {
  const found = known.get(model) ?? readSelectors(model);
  known.set(model, found);
  return found;
}

function readSelectors(model: Model): readonly Named[] {
  const { groups, sites } = model.network;
  const places = placesOf(model);
  const addresses = everyName(model).map(
    (name) => [name, PrefixSet.of(addressesOf(places.station(name)))] as const,
  );
  const tags = [
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
    { selector: 'all', members: new Set(everyName(model)) },
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
  for (const { selector, members } of selectorsOf(model)) {
    if (left.size < 2) break;
    const meant = [...members].filter((name) => !besides.has(name));
    const fresh = meant.filter((name) => left.has(name));
    if (fresh.length < 2 || !meant.every((name) => machines.has(name))) continue;
    words.push(selector);
    for (const name of fresh) left.delete(name);
  }
  return [...words, ...[...left].sort()];
}
