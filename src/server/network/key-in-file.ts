import { serverErrors } from '../errors.ts';
import type { Basis } from './basis.ts';
import type { Compiled } from './compiled.ts';
import type { LaneKeys } from './key-owners.ts';

/** The key that a file names for a machine on which an agent runs, and which nobody but that machine can change. */
function keyInFile({ model }: Compiled, name: string): string | undefined {
  const machine = model.nodesByName.get(name)?.machine;
  return machine?.managed ? machine.publicKey : undefined;
}

/**
 * Lets nobody in under a name for which the file names another key: its peers would know the one key, and
 * the machine have the other. @throws server/other-key
 */
export function refuseOtherKey({ compiled }: Basis, machine: string, keys: LaneKeys): void {
  const named = keyInFile(compiled, machine);
  if (named === undefined || Object.values(keys).includes(named)) return;
  throw serverErrors.error('server/other-key', { machine });
}

/** Lets no file name another key for a machine than the one that it has. @throws server/other-key */
export function refuseOtherKeys({ stored, machines, compiled }: Basis, after: Compiled): void {
  for (const { name, machine } of after.model.nodes) {
    const named = keyInFile(after, name);
    const former = machines.has(name) ? name : (machine.was ?? name);
    if (named === undefined || named === keyInFile(compiled, former)) continue;
    if (machines.get(former)?.enrolment !== 'enrolled') continue;
    const has = Object.values(stored.facts.keys[former] ?? {});
    if (has.length > 0 && !has.includes(named)) {
      throw serverErrors.error('server/other-key', { machine: name });
    }
  }
}
