import { affected } from '#compile';
import type { HostState } from '#state';
import type { Compiled } from './compiled.ts';

/** More peers than these, and more than this share of all, are a mass of peers. */
const few = 5;
const share = 0.5;

const peersOf = ({ tunnels }: HostState): readonly string[] =>
  Object.values(tunnels).flatMap(({ peers }) => Object.keys(peers));

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
    if (!before.has(machine) || except.has(machine)) continue;
    const old = peersOf(before.project(machine));
    const kept = new Set(peersOf(after.project(machine)));
    const lost = old.filter((peer) => !kept.has(peer)).length;
    if (lost > few && lost > old.length * share) {
      return `${machine} would lose ${lost} of its ${old.length} peers`;
    }
  }
  return undefined;
}
