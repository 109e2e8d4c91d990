import { apiErrors } from '#api';
import type { Snapshot } from '../../network/snapshot.ts';

/** A machine that the file names, or one that joins. @throws api/not-found */
export function requireMachine({ names, machines }: Snapshot, machine: string): void {
  if (names.has(machine) || machines.has(machine)) return;
  throw apiErrors.error('api/not-found', { what: `machine ${machine}` });
}

/** A site that has machines. @throws api/not-found */
export function requireSite({ names }: Snapshot, site: string): void {
  if (names.values().some((named) => named.site === site)) return;
  throw apiErrors.error('api/not-found', { what: `site ${site}` });
}
