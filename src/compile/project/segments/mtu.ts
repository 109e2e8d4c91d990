import type { Segment } from '#spec';
import type { Model, Node } from '../../model.ts';
import { tunnelMtu } from '../../mtu.ts';
import { familyOf, gatewaysOf } from './place.ts';

/** Outer headers of a frame in VXLAN: Ethernet 14, VXLAN 8, UDP 8, IP (RFC 7348, 5). */
const vxlanOverhead = { 4: 50, 6: 70 } as const;

/** Where a way between two gateways takes the least. */
export interface Narrowest {
  /** The two ends of the tunnel. */
  readonly ends: readonly [Node, Node];
  /** What a machine of the segment sends through it whole, bytes. */
  readonly mtu: number;
}

/**
 * The largest packet that a machine at the site of a gateway sends to those at all other sites whole;
 * undefined where there are none.
 */
export const segmentMtu = (model: Model, node: Node, segment: Segment): number | undefined =>
  narrowest(model, node, segment)?.mtu;

/** The tunnel on the ways from a gateway to those of all other sites that takes the least; undefined where there are none. */
export function narrowest(model: Model, node: Node, segment: Segment): Narrowest | undefined {
  const others = [...gatewaysOf(model, segment).values()].filter((other) => other !== node);
  return others
    .flatMap((other) => tunnelsBetween(model, node, other))
    .map((ends) => ({ ends, mtu: tunnelMtu(...ends) - vxlanOverhead[familyOf(model)] }))
    .reduce<Narrowest | undefined>((a, b) => (a && a.mtu <= b.mtu ? a : b), undefined);
}

/** A way ends, so it cannot be longer than there are machines. */
function tunnelsBetween(model: Model, from: Node, to: Node): readonly Narrowest['ends'][] {
  const tunnels: Narrowest['ends'][] = [];
  for (let here = from; here !== to && tunnels.length < model.nodes.length; ) {
    const next = model.paths.next(here, to);
    if (!next) break;
    tunnels.push([here, next]);
    here = next;
  }
  return tunnels;
}
