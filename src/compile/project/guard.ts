import { PrefixSet } from '#ip';
import type { Model, Node } from '../model.ts';
import { addressesOfNode } from '../policy/selectors.ts';

/**
 * The addresses for which this machine enforces the policy: its own; its site's, if it carries them;
 * and those of neighbours that run nothing of ours.
 */
export function guardedBy(model: Model, node: Node): PrefixSet {
  const own = addressesOfNode(node);
  const carried = PrefixSet.of(node.carries);
  const unmanaged = [...model.paths.neighbours(node)].filter((other) => !other.machine.managed);
  return PrefixSet.of([
    ...own.ranges(),
    ...carried.ranges(),
    ...unmanaged.flatMap((other) => addressesOfNode(other).ranges()),
  ]);
}
