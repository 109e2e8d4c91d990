import type { Rotation } from '#compile';
import type { Hub } from '../hub/hub.ts';
import type { Snapshot } from '../network/snapshot.ts';

/** Whether an agent here has confirmed all that its machine should be now. */
export const hasConfirmed = (snapshot: Snapshot, hub: Hub, name: string): boolean =>
  hub.hasConfirmed(identityOf(snapshot, name));

const identityOf = ({ machines }: Snapshot, name: string): string =>
  machines.get(name)?.identity ?? '';

/** Whether a machine has what a phase asks for, confirmed it and, where keys are new, shook hands. */
export function hasReached(
  snapshot: Snapshot,
  hub: Hub,
  rotation: Rotation,
  name: string,
): boolean {
  const { machine, phase, retired, files = [] } = rotation;
  if (phase === 'files') return hasNewFile(snapshot, hub, machine, name);
  if (!hasConfirmed(snapshot, hub, name)) return false;
  const { keys = {}, home = 0 } = snapshot.names.get(machine) ?? {};
  const next = files.length > 0 ? keys[home === 0 ? 2 : 0] : keys[home];
  const hasShaken = (key: string | undefined): boolean =>
    name === machine || hub.hasShaken(identityOf(snapshot, name), key);
  switch (phase) {
    case 'prepare':
      return haveDetours(snapshot, rotation);
    case 'detour':
      return hasShaken(keys['1']);
    case 'rekey':
    case 'now':
      return next !== undefined && next !== retired;
    case 'prove':
      return hasShaken(next);
    case 'undo':
      return hasShaken(keys[home]);
    default:
      return true;
  }
}

/** Whether a machine of which only its file is ours was heard by the new key. */
function hasNewFile(snapshot: Snapshot, hub: Hub, rotating: string, name: string): boolean {
  const key = snapshot.turn?.holders[name];
  return hub.hasShaken(identityOf(snapshot, rotating), key);
}

/** Until all have a key for the detour, nobody has been told of all. */
const haveDetours = ({ names }: Snapshot, { machine, partners, without }: Rotation): boolean =>
  (partners.length > 0 ? [machine, ...partners] : [])
    .filter((name) => !without.includes(name))
    .every((name) => names.get(name)?.keys?.['1'] !== undefined);
