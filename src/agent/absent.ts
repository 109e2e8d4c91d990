import type { Change } from '#state';
import { isAbsent } from './resolve.ts';

/** Whether a change needs a device that the machine does not have. */
function needsAbsent(change: Change): boolean {
  if (change.kind === 'remove' || change.kind === 'move') return false;
  if (change.facility === 'sysctls') return change.after.path.split('/').some(isAbsent);
  return 'device' in change.after && isAbsent(change.after.device);
}

const placeOf = ({ namespace, facility }: Change): string => `${namespace} ${facility}`;

/**
 * The changes that can be made. Where an item's device is not there, nothing of its kind is removed
 * either: what could not be read is no reason to take anything away (law 7).
 */
export function withoutAbsent(changes: readonly Change[]): readonly Change[] {
  const uncertain = new Set(changes.filter(needsAbsent).map(placeOf));
  if (uncertain.size === 0) return changes;
  return changes.filter(
    (change) =>
      !needsAbsent(change) && !(change.kind === 'remove' && uncertain.has(placeOf(change))),
  );
}
