import type { Diagnostic } from '#base';
import type { Address } from '#ip';
import { compileErrors } from '../errors.ts';
import type { Model, Node } from '../model.ts';
import type { PolicyClasses } from '../policy/partition.ts';

/** Names that a message shows; it counts the rest. */
const shown = 5;

/**
 * Machines that run nothing of ours and have a tunnel to another such, where the policy does not let
 * everything pass: a warning at the policy, which nobody enforces there.
 */
export function outsidePolicy(model: Model): readonly Diagnostic[] {
  const { policy, network } = model;
  if (!policy) return [];
  const unmanaged = model.nodes.filter(({ machine }) => !machine.managed);
  const direct = unmanaged.filter((node) => hasUnguarded(model, policy, node));
  if (direct.length === 0) return [];
  const names = direct.slice(0, shown).map(({ name }) => name);
  const more = direct.length - names.length;
  const machines = `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return [
    compileErrors.diagnostic(
      'compile/outside-policy',
      { machines },
      { place: network.fields.policy ?? network.place, severity: 'warning' },
    ),
  ];
}

function hasUnguarded(model: Model, policy: PolicyClasses, node: Node): boolean {
  for (const other of model.paths.neighbours(node)) {
    if (other.machine.managed || model.paths.next(node, other) !== other) continue;
    if (!lists(node, other) || !lists(other, node)) continue;
    if (!allows(policy, node, other) || !allows(policy, other, node)) return true;
  }
  return false;
}

/** A member whose file says its allowed IPs itself may leave others out. */
const lists = ({ machine: { allowedIps } }: Node, { overlay }: Node): boolean =>
  !allowedIps || overlay.some((address) => allowedIps.some((prefix) => prefix.contains(address)));

const allows = (policy: PolicyClasses, from: Node, to: Node): boolean =>
  from.overlay.every((source) =>
    to.overlay
      .filter(({ family }) => family === source.family)
      .every((destination) => allowsAll(policy, source, destination)),
  );

/** Some rule without ports lets the one send to the other. */
function allowsAll(policy: PolicyClasses, source: Address, destination: Address): boolean {
  const senders = new Set(policy.classOfSource(source)?.rules);
  const receivers = policy.classOfDestination(destination)?.rules ?? [];
  return receivers.some((rule) => senders.has(rule) && policy.rules[rule]?.ports === undefined);
}
