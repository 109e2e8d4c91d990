import { didYouMean } from '#base';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';

/** The machines of each segment of the file; one that names no segment of it is reported. */
export function placeStations(
  segments: readonly string[],
  draft: Draft,
): ReadonlyMap<string, Draft['stations']> {
  const known = new Set(segments);
  const told = new Set<unknown>();
  for (const { segment } of draft.stations) {
    const { text: name, place } = segment;
    if (known.has(name) || told.has(segment)) continue;
    told.add(segment);
    const args = { kind: 'segment', name, hint: didYouMean(name, segments, 'segment') };
    draft.report(errors.diagnostic('spec/unknown-name', args, { place, text: name }));
  }
  return Map.groupBy(draft.stations, ({ segment }) => segment.text);
}
