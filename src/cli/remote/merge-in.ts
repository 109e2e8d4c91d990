import { conflictOf, type RevisionId } from '#api';
import { cliErrors } from '../errors.ts';
import { baseOf, keepBase } from './base.ts';
import type { Client } from './client.ts';
import { readFileSet, type Sent, writeFileSet } from './file-set.ts';
import { mergeFileSets } from './merge.ts';
import { diffFileSets } from './text-diff.ts';

/**
 * Puts what others changed since a file was made into it, on this machine; the server is only asked.
 * @throws cli/no-base, cli/merge-conflict; DiagnosticsError if both together make no sound file
 */
export async function mergeIn(client: Client, file: string, sent: Sent): Promise<RevisionId> {
  const params = { network: sent.network.name };
  const { revision: now, ...theirs } = await client.call('pull', { params, query: {} });
  // Whatever it was made from, there is nothing to put into it.
  if (diffFileSets(theirs, sent.files).length === 0) return now;
  const base = baseOf(file, params.network);
  if (!base) throw cliErrors.error('cli/no-base', { ...params, now: now.number, file });
  // After a restore, numbers may mean other files than before.
  if (base.epoch !== now.epoch) {
    throw conflictOf(base, now);
  }
  if (base.number === now.number) return now;
  const old = await client.call('show', { params: { ...params, number: base.number } });
  writeFileSet(mergeFileSets(old, theirs, sent.files), file, true);
  keepBase(file, params.network, now);
  readFileSet(file);
  return now;
}
