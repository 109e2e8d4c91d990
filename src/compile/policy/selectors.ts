import { PrefixSet } from '#ip';
import type { Host, Selector } from '#spec';
import type { Model, Node } from '../model.ts';
import { addressesOfSegment, addressesOfStations, allStations, segmentRanges } from './spaces.ts';

/** Every address of a machine of ours, as presented: overlay, site network, pods. */
export const addressesOfNode = (node: Node): PrefixSet =>
  PrefixSet.of([
    ...node.overlay,
    ...node.machine.addresses.map((a) => a.presented),
    ...node.machine.pods,
  ]);

export const addressesOfHost = (host: Host): PrefixSet =>
  PrefixSet.of(host.addresses.map((a) => a.presented));

/** Turns selectors into the addresses they stand for; groups and tags are computed once. */
export function selectorResolver(model: Model): (selectors: readonly Selector[]) => PrefixSet {
  const memo = new Map<string, PrefixSet>();
  const { segments } = model.network;
  const stations = allStations(model);
  const stationsByName = Map.groupBy(stations, (station) => station.name);
  const everything =
    segments.length === 0 ? model.inside : union([model.inside, segmentRanges(segments)]);

  const machine = (name: string): PrefixSet => {
    const host = model.hostsByName.get(name);
    if (host) return addressesOfHost(host);
    const node = model.nodesByName.get(name);
    const inSegments = stationsByName.get(name);
    if (node && !inSegments) return addressesOfNode(node);
    return union([
      ...(node ? [addressesOfNode(node)] : []),
      addressesOfStations(model, inSegments ?? []),
    ]);
  };

  const site = (name: string): PrefixSet => {
    const unit = model.unitsByName.get(name);
    const subnets = unit?.site?.subnets.map((subnet) => subnet.presented) ?? [];
    const there = stations.filter((station) => station.site === name);
    return union([
      ...(unit?.nodes.map(addressesOfNode) ?? []),
      PrefixSet.of(subnets),
      addressesOfStations(model, there),
    ]);
  };

  const tag = (name: string): PrefixSet =>
    union([
      ...model.nodes.filter((n) => n.machine.tags.includes(name)).map(addressesOfNode),
      ...[...model.hostsByName.values()].filter((h) => h.tags.includes(name)).map(addressesOfHost),
      addressesOfStations(
        model,
        stations.filter((s) => s.tags.includes(name)),
      ),
      ...model.network.sites.filter((s) => s.tags.includes(name)).map((s) => site(s.name)),
    ]);

  const segment = (name: string): PrefixSet =>
    union(segments.filter((s) => s.name === name).map((s) => addressesOfSegment(model, s)));

  const group = (name: string): PrefixSet =>
    resolve(model.network.groups.find((g) => g.name === name)?.selectors ?? []);

  const one = (selector: Selector): PrefixSet => {
    switch (selector.kind) {
      case 'all':
        return everything;
      case 'prefix':
        return PrefixSet.of([selector.prefix]).intersect(everything);
      case 'machine':
        return machine(selector.name);
      case 'site':
        return site(selector.name);
      case 'segment':
        return segment(selector.name);
      case 'tag':
        return tag(selector.name);
      case 'group':
        return group(selector.name);
    }
  };

  const remembered = (selector: Selector): PrefixSet => {
    if (selector.kind === 'prefix' || selector.kind === 'machine') return one(selector);
    const key = `${selector.kind} ${selector.kind === 'all' ? '' : selector.name}`;
    const known = memo.get(key) ?? one(selector);
    memo.set(key, known);
    return known;
  };

  const resolve = (selectors: readonly Selector[]): PrefixSet => union(selectors.map(remembered));
  return resolve;
}

/** One sort for all instead of a merge for each. */
const union = (sets: readonly PrefixSet[]): PrefixSet =>
  sets.length === 1
    ? (sets[0] as PrefixSet)
    : PrefixSet.of(sets.flatMap((set) => [...set.ranges()]));
