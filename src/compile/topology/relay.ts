import { canLink, type Node } from '../model.ts';

/**
 * The machine that two others meet at when they cannot link: the first candidate that both can link
 * with and that belongs to neither's site. The order of candidates is one for the whole network, so
 * both sides choose the same.
 */
export const relayBetween = (
  a: Node,
  b: Node,
  candidates: readonly Node[],
): Node | undefined =>
  candidates.find(
    (relay) => relay.unit !== a.unit && relay.unit !== b.unit && canLink(a, relay) && canLink(relay, b),
  );
