import { type Diagnostic, formatPlace } from '#base';
import type { Report } from './document.ts';
import type { Claimed } from './draft.ts';
import { errors } from './errors.ts';

/**
 * Reports every range that overlaps an earlier one, in one sweep over the sorted ranges:
 * O(n log n). Prefixes either nest or are disjoint, so the one that reaches furthest is the one to
 * name.
 */
export function reportOverlaps(ranges: readonly Claimed[], report: Report): void {
  const order = new Map(ranges.map((range, index) => [range, index]));
  const sorted = ranges.toSorted((a, b) => a.prefix.compare(b.prefix));
  let widest: Claimed | undefined;
  for (const range of sorted) {
    if (widest?.prefix.overlaps(range.prefix)) {
      // The later of the two in the file is the one to point at.
      const later = (order.get(widest) ?? 0) > (order.get(range) ?? 0);
      report(later ? overlap(widest, range) : overlap(range, widest));
    }
    if (!widest || !widest.prefix.contains(range.prefix)) widest = range;
  }
}

function overlap({ prefix, what, place }: Claimed, earlier: Claimed): Diagnostic {
  const args = { a: what, b: earlier.what, first: formatPlace(earlier.place) };
  return errors.diagnostic('spec/overlap', args, { place, text: prefix.toString() });
}
