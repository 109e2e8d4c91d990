import { byText } from '#base';
import type { Family } from '#ip';
import { canLink, carrierOf, lanAddress, type Node } from '../model.ts';

/** Where two machines meet that cannot link. Both ask alike, so both get the same answer. */
export interface Meetings {
  /**
   * The first candidate that both reach: by a tunnel, or by the network of their own site. The order
   * of candidates is one for the whole network.
   */
  relay(a: Node, b: Node, candidates: readonly Node[]): Node | undefined;
  /** The carrier of one of the two sites, where nobody else may help. */
  detour(a: Node, b: Node): Node | undefined;
  /** Whether a carrier can pass packets between its sibling and a machine of another site. */
  meetAt(carrier: Node, sibling: Node, other: Node): boolean;
}

/** A site's own network helps only if it has all the families that the network uses. */
export function meetingsFor(families: readonly Family[]): Meetings {
  const shareWholeLan = (a: Node, b: Node): boolean =>
    a.unit === b.unit && families.every((f) => lanAddress(a, f) && lanAddress(b, f));

  const reaches = (relay: Node, node: Node): boolean =>
    relay !== node && (canLink(relay, node) || shareWholeLan(relay, node));

  const meetAt = (carrier: Node, sibling: Node, other: Node): boolean =>
    carrier !== sibling && shareWholeLan(carrier, sibling) && canLink(carrier, other);

  return {
    meetAt,
    relay: (a, b, candidates) =>
      candidates.find((candidate) => reaches(candidate, a) && reaches(candidate, b)),
    detour(a, b) {
      const [first, second] = byText(a.unit.name, b.unit.name) < 0 ? [a, b] : [b, a];
      if (meetAt(carrierOf(first.unit), first, second)) return carrierOf(first.unit);
      return meetAt(carrierOf(second.unit), second, first) ? carrierOf(second.unit) : undefined;
    },
  };
}
