import { byText } from '#base';
import { canLink, carrierOf, type Node, shareLan } from '../model.ts';

/**
 * The machine that two others meet at when they cannot link: the first candidate that both can link
 * with and that belongs to neither's site. The order of candidates is one for the whole network, so
 * both sides choose the same.
 */
export const relayBetween = (a: Node, b: Node, candidates: readonly Node[]): Node | undefined =>
  candidates.find(
    (relay) =>
      relay.unit !== a.unit && relay.unit !== b.unit && canLink(a, relay) && canLink(relay, b),
  );

/**
 * The carrier, of one of the two sites, that two machines meet at when no third site helps: its
 * sibling reaches it by their site's own network, the other by a tunnel. One answer for both.
 */
export function detour(a: Node, b: Node): Node | undefined {
  const [first, second] = byText(a.unit.name, b.unit.name) < 0 ? [a, b] : [b, a];
  if (meetAt(carrierOf(first.unit), first, second)) return carrierOf(first.unit);
  return meetAt(carrierOf(second.unit), second, first) ? carrierOf(second.unit) : undefined;
}

/** Whether a carrier can pass packets between its sibling and a machine of another site. */
export const meetAt = (carrier: Node, sibling: Node, other: Node): boolean =>
  carrier !== sibling && shareLan(carrier, sibling) && canLink(carrier, other);
