import type { Node } from '../model.ts';

/**
 * How the units of a topology reach each other, before members that are attached to a site come in.
 * Paths are symmetric: the way back is the way there reversed, since WireGuard accepts a packet only
 * from the peer it would send the answer to.
 */
export interface Core {
  next(from: Node, to: Node): Node | undefined;
  upstream(node: Node): Node | undefined;
  neighbours(node: Node): Iterable<Node>;
}
