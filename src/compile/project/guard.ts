import { PrefixSet } from '#ip';
import type { Model, Node } from '../model.ts';
import { addressesOfNode } from '../policy/selectors.ts';

/**
 * The addresses for which this machine enforces the policy: its own; its whole site's, if it carries
 * it; and those of neighbours that run nothing of ours.
 */
export function guardedBy(model: Model, node: Node): PrefixSet {
  const own = addressesOfNode(node);
  const carried = PrefixSet.of(node.carries);
  const siblings = node.isCarrier ? node.unit.nodes.filter((other) => other !== node) : [];
  const unmanaged = [...model.paths.neighbours(node)].filter((other) => !other.machine.managed);
  return PrefixSet.of([
    ...own.ranges(),
    ...carried.ranges(),
    ...[...siblings, ...unmanaged].flatMap((other) => addressesOfNode(other).ranges()),
  ]);
}
