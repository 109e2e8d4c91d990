import { byText } from '#base';
import { canLink, carrierOf, type Node, shareLan } from '../model.ts';

const reaches = (a: Node, b: Node): boolean => a !== b && (shareLan(a, b) || canLink(a, b));

/**
 * The machine that two others meet at when they cannot link: the first candidate that both reach. The
 * order of candidates is one for the whole network, so both choose the same.
 */
export const relay = (a: Node, b: Node, candidates: readonly Node[]): Node | undefined =>
  candidates.find((candidate) => reaches(candidate, a) && reaches(candidate, b));

/** The carrier of one of the two sites, where nobody else may help. One answer for both. */
export function detour(a: Node, b: Node): Node | undefined {
  const [first, second] = byText(a.unit.name, b.unit.name) < 0 ? [a, b] : [b, a];
  if (meetAt(carrierOf(first.unit), first, second)) return carrierOf(first.unit);
  return meetAt(carrierOf(second.unit), second, first) ? carrierOf(second.unit) : undefined;
}

/** Whether a carrier can pass packets between its sibling and a machine of another site. */
export const meetAt = (carrier: Node, sibling: Node, other: Node): boolean =>
  reaches(carrier, sibling) && canLink(carrier, other);
