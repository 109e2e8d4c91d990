import type { FileSet } from '#api';
import { emptyFacts, type Ledger } from '#compile';
import type { Network } from '#spec';
import type { Report } from '../events.ts';
import { type Lab, labOf, managedMachines, type World } from '../lab.ts';
import { store } from '../store.ts';
import { bringUpUnmanaged, unmanagedKeys } from '../unmanaged.ts';
import { atServer } from './at-server.ts';
import { enrol, settle } from './enrol.ts';
import { layFacts, layFiles } from './files.ts';
import { startServer } from './start.ts';
import { storedTruth } from './truth.ts';

interface Beginning {
  readonly network: Network;
  readonly files: FileSet;
  /** Addresses that were given out already. */
  readonly ledger: Ledger;
  readonly report: Report;
}

/**
 * Makes the machines of a lab what its network says, as it is done anywhere: a server has the file, every
 * managed machine joins and follows it, all others import what they are given.
 */
export async function beginAtServer(
  world: World,
  { network, files, ledger, report }: Beginning,
): Promise<Lab> {
  report({ stage: 'server', done: 0, all: 1 });
  await startServer(world);
  const own = unmanagedKeys(network);
  const keys = Object.fromEntries([...own].map(([name, key]) => [name, { '0': key.publicKey }]));
  const entry = layFiles(world.dir, files);
  layFacts(entry, network.name, { ...emptyFacts, ledger, keys });
  await atServer(world, 'apply', entry, '--create', '--message', 'hawser lab up');
  report({ stage: 'server', done: 1, all: 1 });
  const begun = labOf(world, await storedTruth(world));
  await store(begun);
  const machines = managedMachines(begun);
  await enrol(begun, machines, report);
  await settle(begun, machines);
  const lab = labOf(world, await storedTruth(world));
  await bringUpUnmanaged(lab, own);
  return lab;
}
