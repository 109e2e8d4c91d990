import { affected, type Model } from '#compile';
import type { HostState } from '#state';
import type { Compiled } from './compiled.ts';

/** More peers than these, and more than this share of all, are a mass of peers. */
const few = 5;
const share = 0.5;

const peersOf = ({ tunnels }: HostState): ReadonlySet<string> =>
  new Set(Object.values(tunnels).flatMap(({ peers }) => Object.keys(peers)));

/** Whether a machine links with so few others that it cannot lose a mass of them: most do. */
function hasFew({ paths, nodesByName }: Model, machine: string): boolean {
  const node = nodesByName.get(machine);
  if (!node) return true;
  const linked = new Set([...paths.neighbours(node), paths.upstream(node) ?? node]);
  return linked.size <= few;
}

/**
 * Law 7: the machine that would lose most of its peers, if one loses more than half and more than
 * five; in words. A peer with another key is not removed.
 */
export function massRemoval(
  before: Compiled,
  after: Compiled,
  except: ReadonlySet<string> = new Set(),
): string | undefined {
  for (const machine of affected(before.model, after.model)) {
    if (!before.has(machine) || except.has(machine) || hasFew(before.model, machine)) continue;
    const old = peersOf(before.project(machine));
    const lost = old.difference(peersOf(after.project(machine))).size;
    if (lost > few && lost > old.size * share) {
      return `${machine} would lose ${lost} of its ${old.size} peers`;
    }
  }
  return undefined;
}
