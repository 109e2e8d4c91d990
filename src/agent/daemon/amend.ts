import type { Agent } from '../agent.ts';
import type { Machine } from './machine.ts';

/** Changes to elements that are made without a look at the rest, and whose echo starts none. */
export const amendOf =
  ({ agent, echo }: Pick<Machine, 'agent' | 'echo'>): Agent['amend'] =>
  (network, namespace, changes) =>
    echo.during(namespace, changes, () => agent.amend(network, namespace, changes));
