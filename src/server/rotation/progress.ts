import type { Rotation } from '#compile';
import type { Hub } from '../hub/hub.ts';
import type { Snapshot } from '../network/snapshot.ts';

/** Whether an agent here has confirmed all that its machine should be now. */
export const hasConfirmed = ({ machines }: Snapshot, hub: Hub, name: string): boolean =>
  hub.hasConfirmed(machines.get(name)?.identity ?? '');

/** Whether a machine has what a phase asks for, confirmed it and, where keys are new, shook hands. */
export function hasReached(
  snapshot: Snapshot,
  hub: Hub,
  rotation: Rotation,
  name: string,
): boolean {
  if (!hasConfirmed(snapshot, hub, name)) return false;
  const { machine, phase, retired } = rotation;
  const keys = snapshot.names.get(machine)?.keys ?? {};
  const hasShaken = (key: string | undefined): boolean =>
    name === machine || hub.hasShaken(snapshot.machines.get(name)?.identity ?? '', key);
  switch (phase) {
    case 'prepare':
      return haveDetours(snapshot, rotation);
    case 'detour':
      return hasShaken(keys['1']);
    case 'rekey':
    case 'now':
      return keys['0'] !== retired;
    case 'prove':
      return hasShaken(keys['0']);
    default:
      return true;
  }
}

/** Until all have a key for the detour, nobody has been told of all. */
const haveDetours = ({ names }: Snapshot, { machine, partners, without }: Rotation): boolean =>
  [machine, ...partners]
    .filter((name) => !without.includes(name))
    .every((name) => names.get(name)?.keys?.['1'] !== undefined);
