import type { Transaction } from '../store/contract.ts';

/**
 * What counts as an act of a person, by the audit's words: a change of the file, and whoever is cut off, let
 * back or given other keys. All else is learned: what machines say of themselves, and that they come and go.
 */
const acts = [
  'apply',
  'rollback',
  'approve',
  'approve-machine',
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
] as const;

/**
 * What is learned, waits, is a step of an act before, or does not touch machines. An action that stands in
 * neither list is none: whoever makes one decides which it is.
 */
const others = [
  'join',
  'invite',
  'invite-withdraw',
  'accept',
  'join-request',
  'leave',
  'adopt',
  'key-taken',
  'rotate-phase',
  'apply-held',
  'rollback-held',
  'remove-held',
  'reject',
  'freeze',
  'thaw',
  'retry',
  'resume',
  'upgrade',
  'drift',
  'clone',
  'conflict',
  'alert-receiver',
  'alert-receiver-remove',
  'silence',
  'silence-end',
] as const;

/** What the audit calls that which an edit does. */
export type Action = (typeof acts)[number] | (typeof others)[number];

const areActs: ReadonlySet<string> = new Set(acts);

const keyOf = (network: string): string => `acts/${network}`;

/** How many acts of persons made a network what it is. */
export const readActs = async (tx: Transaction, network: string): Promise<number> =>
  Number((await tx.setting(keyOf(network))) ?? 0);

/** Counts an act, in its own transaction. */
export async function countAct(
  tx: Transaction,
  network: string,
  action: Action | undefined,
): Promise<void> {
  if (action === undefined || !areActs.has(action)) return;
  await tx.putSetting(keyOf(network), String((await readActs(tx, network)) + 1));
}
