import type { Segment } from '#spec';
import type { Model, Node } from '../../model.ts';
import { tunnelMtu } from '../../mtu.ts';
import { familyOf, gatewaysOf } from './place.ts';

/** Outer headers of a frame in VXLAN: Ethernet 14, VXLAN 8, UDP 8, IP (RFC 7348, 5). */
const vxlanOverhead = { 4: 50, 6: 70 } as const;

/**
 * The largest packet that a machine at the site of a gateway sends to those at all other sites whole;
 * undefined where there are none.
 */
export function segmentMtu(model: Model, node: Node, segment: Segment): number | undefined {
  const others = [...gatewaysOf(model, segment).values()].filter((other) => other !== node);
  const least = Math.min(...others.map((other) => wayMtu(model, node, other)));
  return Number.isFinite(least) ? least - vxlanOverhead[familyOf(model)] : undefined;
}

/** Of the tunnels between two gateways; a way ends, so it cannot be longer than there are machines. */
function wayMtu(model: Model, from: Node, to: Node): number {
  let least = Number.POSITIVE_INFINITY;
  let here = from;
  for (let hops = 0; here !== to && hops < model.nodes.length; hops++) {
    const next = model.paths.next(here, to);
    if (!next) break;
    least = Math.min(least, tunnelMtu(here, next));
    here = next;
  }
  return least;
}
