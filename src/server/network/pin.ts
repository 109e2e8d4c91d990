import type { FileSet, RevisionId } from '#api';
import { canonicalJson } from '#base';
import type { Facts } from '#compile';
import { sha256 } from '#state';

/** What a plan was made from, in the words of a refusal. */
const parts = ['the stored file', 'the file', 'the inventory', 'the ledger', 'a key'] as const;

/** Enough of a SHA-256 to tell inputs apart. */
const digits = 16;

/**
 * Pins what a plan was made from: base revision, the new files, inventory, ledger and keys, a hash
 * each, so that a refusal can say which of them moved. Observations may move: nobody decides by them.
 */
export const pinOf = (
  base: RevisionId,
  files: FileSet,
  { inventory, ledger, keys, adopted, revoked }: Facts,
): string =>
  [base, files, inventory, ledger, { keys, adopted, revoked }]
    .map((part) => sha256(canonicalJson(part)).slice(0, digits))
    .join('.');

/** What moved between two pins; undefined if nothing did. */
export function moved(pin: string, now: string): string | undefined {
  const [before, after] = [pin.split('.'), now.split('.')];
  const index = parts.findIndex((_, i) => before[i] !== after[i]);
  return index === -1 && before.length === after.length ? undefined : (parts[index] ?? 'the pin');
}
