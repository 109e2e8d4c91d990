import type { Transaction } from '../store/contract.ts';

/**
 * What counts as an act of a person, by the audit's words: a change of the file, and whoever is cut off, let
 * back or given other keys. All else is learned: what machines say of themselves, and that they come and go.
 */
const acts: ReadonlySet<string> = new Set([
  'apply',
  'rollback',
  'approve',
  'take-back',
  'remove',
  'replace',
  'revoke',
  'restore-machine',
  'expire',
  'rotate',
  'rotate-abort',
  'rotate-finish',
  'rotate-end',
  'rotate-preshared',
  'rotate-preshared-end',
  'give-key',
]);

const keyOf = (network: string): string => `acts/${network}`;

/** How many acts of persons made a network what it is. */
export const readActs = async (tx: Transaction, network: string): Promise<number> =>
  Number((await tx.setting(keyOf(network))) ?? 0);

/** Counts an act, in its own transaction. */
export async function countAct(
  tx: Transaction,
  network: string,
  action: string | undefined,
): Promise<void> {
  if (action === undefined || !acts.has(action)) return;
  await tx.putSetting(keyOf(network), String((await readActs(tx, network)) + 1));
}
