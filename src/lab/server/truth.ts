import { DiagnosticsError } from '#base';
import { loadNetwork, readerOf } from '#spec';
import { labErrors } from '../errors.ts';
import type { Truth, World } from '../lab.ts';
import { serverDataOf } from '../machine.ts';

/**
 * What a lab's server has on its disk, also while it does not run. Throws `lab/network-gone`,
 * `server/store-...`, DiagnosticsError.
 */
export async function storedTruth({ dir, record }: Pick<World, 'dir' | 'record'>): Promise<Truth> {
  const { server = '', network: name } = record;
  const { openStore } = await import('#server');
  const store = await openStore({ data: serverDataOf(dir, server) });
  try {
    const stored = await store.read((tx) => tx.network(name));
    if (!stored) throw labErrors.error('lab/network-gone', { network: name, server });
    const { files, facts, revision } = stored;
    const { network, diagnostics } = loadNetwork(files.entry, readerOf(files.files));
    if (!network) throw new DiagnosticsError(diagnostics);
    return { network, facts, revision };
  } finally {
    await store.close();
  }
}
