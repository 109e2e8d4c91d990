import { PrefixSet } from '#ip';
import type { Segment, Station } from '#spec';
import type { Model } from '../model.ts';
import { stationsOf } from '../project/segments/stations.ts';

const allowOf = (stations: readonly Station[]): PrefixSet =>
  PrefixSet.of(stations.flatMap(({ allow }) => allow));

const everyStation = ({ network }: Model): readonly Station[] =>
  network.segments.flatMap(({ stations }) => stations);

/** All that machines of segments send from: their subnets, and networks behind machines. */
export const segmentRanges = (segments: readonly Segment[]): PrefixSet =>
  PrefixSet.of(
    segments.flatMap(({ subnets, stations }) => [...subnets, ...allowOf(stations).ranges()]),
  );

/**
 * What of it a policy speaks of in these segments. What is behind a machine and has an address that is inside the network
 * as well is nobody's: no rule can tell the two apart.
 */
export const segmentSpace = (model: Model, segments: readonly Segment[]): PrefixSet =>
  segmentRanges(segments).subtract(model.inside);

/** The networks behind machines that are behind no other: only those go by the name of who has them. */
function behind(model: Model, stations: readonly Station[]): PrefixSet {
  const own = allowOf(stations);
  if (own.isEmpty) return own;
  const names = new Set(stations.map(({ name }) => name));
  const others = everyStation(model).filter(({ name }) => !names.has(name));
  return own.subtract(model.inside).subtract(allowOf(others));
}

/** What machines of segments are, to a policy: their addresses, and what is behind them alone. */
export const addressesOfStations = (model: Model, stations: readonly Station[]): PrefixSet =>
  PrefixSet.of([
    ...stations.flatMap(({ addresses }) => addresses),
    ...behind(model, stations).ranges(),
  ]);

/** A whole segment, also whom no file names. */
export const addressesOfSegment = (model: Model, { subnets, stations }: Segment): PrefixSet =>
  PrefixSet.of([...subnets, ...behind(model, stations).ranges()]);

/** All machines of segments, routers of ours among them: those have a place in each of theirs. */
export const allStations = (model: Model): readonly Station[] =>
  model.network.segments.flatMap((segment) => stationsOf(model, segment));
