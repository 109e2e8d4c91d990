import { apiErrors } from '#api';
import type { Snapshot } from '../../network/snapshot.ts';

/** A machine that the file names. @throws api/not-found */
export function requireNamed({ names }: Pick<Snapshot, 'names'>, machine: string): void {
  if (!names.has(machine)) throw apiErrors.error('api/not-found', { what: `machine ${machine}` });
}

/** The same, or one that joins. @throws api/not-found */
export function requireMachine(snapshot: Snapshot, machine: string): void {
  if (!snapshot.machines.has(machine)) requireNamed(snapshot, machine);
}

/** A site that has machines. @throws api/not-found */
export function requireSite({ names }: Snapshot, site: string): void {
  if (names.values().some((named) => named.site === site)) return;
  throw apiErrors.error('api/not-found', { what: `site ${site}` });
}
