import { countWhile } from '#base';
import { type Address, AddressRange, Prefix, PrefixSet } from '#ip';
import type { PolicyRule } from '#spec';
import type { Model } from '../model.ts';
import type { AddressClass, PolicyClasses } from './partition.ts';
import { selectorResolver } from './selectors.ts';

export function policyClasses(model: Model, rules: readonly PolicyRule[]): PolicyClasses {
  const resolve = selectorResolver(model);
  const sources = partition(rules.map((rule) => resolve(rule.from)));
  const destinations = partition(rules.map((rule) => resolve(rule.to)));
  const sourcesOfRule = rules.map((): AddressClass[] => []);
  for (const source of sources) for (const rule of source.rules) sourcesOfRule[rule]?.push(source);
  return {
    rules,
    sources,
    destinations,
    sourcesOfRule,
    classOfSource: finder(sources),
    classOfDestination: finder(destinations),
  };
}

/** Finds the class of an address by binary search over the ranges of all classes, which are disjoint. */
function finder(classes: readonly AddressClass[]): (address: Address) => AddressClass | undefined {
  const spans = classes
    .flatMap((owner) => owner.addresses.ranges().map((range) => ({ range, owner })))
    .sort((a, b) => a.range.first.compare(b.range.first));
  return (address) => {
    const before = countWhile(spans, ({ range }) => range.first.compare(address) <= 0);
    const span = spans[before - 1];
    return span?.range.contains(address) ? span.owner : undefined;
  };
}

interface Edge {
  readonly at: Address;
  readonly set: number;
  readonly opens: boolean;
}

/** Splits the union of overlapping sets into classes of equal membership, in one sweep. */
function partition(sets: readonly PrefixSet[]): readonly AddressClass[] {
  const found = new Map<string, { rules: readonly number[]; ranges: AddressRange[] }>();
  for (const family of [4, 6] as const) sweep(edgesOf(sets, family), found);
  return [...found.values()]
    .map(({ rules, ranges }) => ({ rules, addresses: PrefixSet.of(ranges) }))
    .sort((a, b) => compareRules(a.rules, b.rules));
}

function edgesOf(sets: readonly PrefixSet[], family: 4 | 6): readonly Edge[] {
  const edges = sets.flatMap((set, index) =>
    set
      .ranges()
      .filter((range) => range.family === family)
      .flatMap((range): Edge[] => {
        const after = range.last.next();
        const opens = { at: range.first, set: index, opens: true };
        return after ? [opens, { at: after, set: index, opens: false }] : [opens];
      }),
  );
  return edges.sort((a, b) => a.at.compare(b.at));
}

function sweep(
  edges: readonly Edge[],
  found: Map<string, { rules: readonly number[]; ranges: AddressRange[] }>,
): void {
  const active = new Set<number>();
  for (let i = 0; i < edges.length; ) {
    const at = (edges[i] as Edge).at;
    for (; i < edges.length && edges[i]?.at.equals(at); i++) {
      const edge = edges[i] as Edge;
      if (edge.opens) active.add(edge.set);
      else active.delete(edge.set);
    }
    if (active.size === 0) continue;
    const last = edges[i]?.at.previous() ?? Prefix.of(at, 0).last;
    const rules = [...active].sort((a, b) => a - b);
    const entry = found.get(rules.join()) ?? { rules, ranges: [] };
    entry.ranges.push(AddressRange.of(at, last));
    found.set(rules.join(), entry);
  }
}

function compareRules(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
