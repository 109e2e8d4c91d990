import type { Hello } from '#api';
import type { Snapshot } from '../network/snapshot.ts';

/**
 * The identity says who it is. A machine that has not heard of the present revision, as after a restore,
 * goes by the name that it had, also where that is another's by now; every other not by another's.
 */
export function mayBeCalled(
  { names, machines, stored }: Snapshot,
  name: string,
  { machine: called, has }: Hello,
): boolean {
  if (name === called || (!machines.has(called) && !names.has(called))) return true;
  if (names.get(name)?.was === called) return true;
  const { epoch, number } = stored.revision;
  return has !== undefined && (has.epoch !== epoch || has.rev !== number);
}
