import type { RevisionId } from '#api';
import type { Present } from '../hub/whereabouts.ts';
import type { Snapshot } from '../network/snapshot.ts';
import type { Transaction } from '../store/contract.ts';

/**
 * Machines that were connected through the network itself when a revision became its own: a change of its
 * tunnels may cut them off. Kept with the revision, so that it outlives the server.
 */
export interface Trial extends RevisionId {
  /** Identities, by the server's address that each had come to. */
  readonly through: Readonly<Record<string, readonly string[]>>;
}

const keyOf = (network: string): string => `trial/${network}`;

export const isSame = (a: RevisionId, b: RevisionId): boolean =>
  a.epoch === b.epoch && a.number === b.number;

/** Who is connected, to which server ever. */
export interface Presences {
  present(identity: string): Pick<Present, 'card'> | undefined;
  lives(identity: string): Promise<boolean>;
}

/** Who comes to a server from an address of the network's own. */
export function throughNetwork({ machines, names }: Snapshot, hub: Presences): Trial['through'] {
  const through: Record<string, string[]> = {};
  for (const { identity, name } of machines.values()) {
    const { address, own } = hub.present(identity)?.card ?? {};
    if (address === undefined || own === undefined) continue;
    if (names.get(name)?.overlay.includes(address)) (through[own] ??= []).push(identity);
  }
  return through;
}

export async function readTrial(tx: Transaction, network: string): Promise<Trial | undefined> {
  const text = await tx.setting(keyOf(network));
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as Trial);
}

export async function writeTrial(
  tx: Transaction,
  network: string,
  trial: Trial | undefined,
): Promise<void> {
  await tx.putSetting(keyOf(network), trial ? JSON.stringify(trial) : '');
}
