import type { Diagnostic } from '#base';
import type { Address, Family } from '#ip';
import { formatPort, type Segment, type Station } from '#spec';
import type { Trace } from '../api.ts';
import { compileErrors } from '../errors.ts';
import type { Model } from '../model.ts';
import { portsOf, tableFor } from '../policy/asked.ts';
import { type PortTable, ruleForPort } from '../policy/ports.ts';
import { gatewaysOf } from '../project/segments/place.ts';
import { stationsOf } from '../project/segments/stations.ts';
import { routerIn } from '../trace/router.ts';

import { trace } from '../trace/trace.ts';
import { isDhcp } from '../trace/within.ts';
import { causeOf } from './causes.ts';

export interface SegmentsProof {
  readonly diagnostics: readonly Diagnostic[];
  readonly pairs: number;
  /** Of those, between which nothing of ours is. */
  readonly outside: number;
  readonly classes: number;
}

/** Machines of one segment and site that no packet can tell apart. */
interface Alike {
  readonly segment: Segment;
  readonly stations: readonly Station[];
  readonly site: string;
  /** One of ours: it answers pings, and asks nobody. */
  readonly isRouter: boolean;
  /** By the rules that let it send, and that let it receive; empty without a policy. */
  readonly from: ReadonlySet<number>;
  readonly to: readonly number[];
  /** What is the same for all of them but for the policy. */
  readonly reach: string;
}

/**
 * The same proof for machines of segments: what the policy lets through arrives across the borders, and nothing
 * else passes there. One pair is followed for every two classes of one segment.
 */
export function proveSegments(model: Model): SegmentsProof {
  const proofs = model.network.segments.map((segment) => proveSegment(model, segment));
  const sum = (of: (proof: SegmentsProof) => number): number =>
    proofs.reduce((all, proof) => all + of(proof), 0);
  return {
    diagnostics: distinct(proofs.flatMap(({ diagnostics }) => diagnostics)),
    pairs: sum(({ pairs }) => pairs),
    outside: sum(({ outside }) => outside),
    classes: sum(({ classes }) => classes),
  };
}

function proveSegment(model: Model, segment: Segment): SegmentsProof {
  const classes = classesOf(model, segment);
  const count = (of: readonly Alike[]): number =>
    of.reduce((all, { stations }) => all + stations.length, 0);
  const senders = classes.filter(({ isRouter }) => !isRouter);
  const bySite = [...Map.groupBy(senders, ({ site }) => site).values()].map(count);
  return {
    diagnostics: pairsOf(classes).flatMap((pair) => provePair(model, segment, pair)),
    pairs: count(senders) * (count(classes) - 1),
    outside: bySite.reduce((all, n) => all + n * (n - 1), 0),
    classes: classes.length,
  };
}

function classesOf(model: Model, segment: Segment): readonly Alike[] {
  const ours = routerIn(model, segment.name)?.name;
  const each = stationsOf(model, segment).map((station): Alike => {
    const { site, addresses, allow, name } = station;
    const isRouter = name === ours;
    const families = addresses.map(({ family }) => family).join('');
    const reach = `${site} ${families} ${allow.length > 0} ${isRouter}`;
    return { segment, stations: [station], site, isRouter, ...rulesOf(model, addresses), reach };
  });
  const alike = Map.groupBy(each, ({ reach, from, to }) => `${reach} ${[...from]}>${to}`);
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    return first ? [{ ...first, stations: same.flatMap(({ stations }) => stations) }] : [];
  });
}

function rulesOf({ policy }: Model, addresses: readonly Address[]): Pick<Alike, 'from' | 'to'> {
  const [from, to] = [
    addresses.flatMap((address) => policy?.classOfSource(address)?.rules ?? []),
    addresses.flatMap((address) => policy?.classOfDestination(address)?.rules ?? []),
  ];
  return { from: new Set(from), to: [...new Set(to)] };
}

type Pair = readonly [from: Station, to: Station];

/** Up to this many pairs of classes are followed one by one; beyond, reach and policy are followed apart. */
const pairLimit = 10_000;

function pairsOf(classes: readonly Alike[]): readonly Pair[] {
  const senders = classes.filter(({ isRouter }) => !isRouter);
  const all = (some: readonly Alike[], others: readonly Alike[]): readonly Pair[] =>
    some.flatMap((a) => others.flatMap((b) => between(a, b)));
  if (senders.length * classes.length <= pairLimit) return all(senders, classes);
  const byReach = [...Map.groupBy(classes, ({ reach }) => reach).values()].flatMap(
    ([one]) => one ?? [],
  );
  return [
    ...all(
      byReach.filter(({ isRouter }) => !isRouter),
      byReach,
    ),
    ...classes.flatMap((receiver, turn) => bySenders(senders, receiver, turn)),
  ];
}

/** A filter knows a sender by the rules of the receiver that let it in: one sender for each set of those. */
function bySenders(senders: readonly Alike[], receiver: Alike, turn: number): readonly Pair[] {
  const far = senders.filter(({ site }) => site !== receiver.site);
  const alike = Map.groupBy(far, ({ from }) => receiver.to.filter((rule) => from.has(rule)).join());
  return [...alike.values()].flatMap((group) => {
    const sender = group[turn % group.length];
    return sender ? between(sender, receiver) : [];
  });
}

/** The first of each, or two of one. */
function between(a: Alike, b: Alike): readonly Pair[] {
  const [from] = a.stations;
  const to = b.stations.find((station) => station !== from);
  return from && to ? [[from, to]] : [];
}

const families = [4, 6] as const;

function provePair(model: Model, segment: Segment, [from, to]: Pair): readonly Diagnostic[] {
  const has = ({ addresses }: Station, family: Family): boolean =>
    addresses.some((one) => one.family === family);
  const isOurs = routerIn(model, segment.name)?.name === to.name;
  return families
    .filter((family) => has(from, family) && has(to, family))
    .flatMap((family) => {
      const target = called(to, family);
      const first = trace(model, from.name, target, { protocol: 'icmp' }, family);
      if (first.verdict === 'outside') return [];
      const table = tableFor(model, first);
      return portsOf(table)
        .filter((port) => !isDhcp(port))
        .map((port) => trace(model, from.name, target, port, family))
        .filter((found) => found.verdict !== wantedOf(found, table, isOurs))
        .flatMap((found) => findingOf(model, segment, [from, to], found));
    });
}

/** By its name a member may be meant as what it is outside of the segment. */
const called = ({ name, site, addresses }: Station, family: Family): string => {
  const inside = addresses.find((address) => address.family === family);
  return site === name && inside ? String(inside) : name;
};

/** `isOurs`: to a router of ours, which answers pings alone. */
function wantedOf({ port }: Trace, table: PortTable | undefined, isOurs: boolean) {
  if (isOurs && port.protocol !== 'icmp') return 'deny';
  return !table || ruleForPort(table, port) !== undefined ? 'allow' : 'deny';
}

function findingOf(
  model: Model,
  segment: Segment,
  [from, to]: Pair,
  found: Trace,
): readonly Diagnostic[] {
  if (found.verdict !== 'allow' && isTold(model, segment, [from, to])) return [];
  const reason =
    found.verdict === 'allow'
      ? `no rule allows ${formatPort(found.port)}, yet it passes`
      : found.reason;
  const remedy = `\`hawser trace FILE ${from.name} ${to.name} ${formatPort(found.port)}\` follows it: the gateways of both sites must link with each other.`;
  const args = { from: from.name, to: to.name, reason, remedy };
  const where = { place: from.place, text: from.name };
  return [compileErrors.diagnostic('compile/unreachable', args, where)];
}

/** Gateways without a way to each other are told as such. */
function isTold(model: Model, segment: Segment, [from, to]: Pair): boolean {
  const [near, far] = [from, to].map(({ site }) => gatewaysOf(model, segment).get(site));
  if (!near || !far) return false;
  const stationFor = (node: typeof near) => ({ kind: 'node', name: node.name, node }) as const;
  return families.some((family) => causeOf(model, stationFor(near), stationFor(far), family));
}

/** What is wrong between two sites is wrong between many machines: the first of them tells. */
function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ message }) => {
    const reason = message.slice(message.indexOf(': '));
    const isNew = !seen.has(reason);
    seen.add(reason);
    return isNew;
  });
}
