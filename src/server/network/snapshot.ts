import type { Revision } from '#api';
import { type NetworkSecret, readNetworkSecret } from '../secrets/network-secret.ts';
import type { StoredMachine, StoredNetwork, Transaction } from '../store/contract.ts';
import { Compiled } from './compiled.ts';

/** A network at one moment; readers keep theirs while a writer makes the next. */
export interface Snapshot {
  readonly stored: StoredNetwork;
  readonly compiled: Compiled;
  readonly machines: ReadonlyMap<string, StoredMachine>;
  readonly byIdentity: ReadonlyMap<string, StoredMachine>;
  /** The revision that waits for approval, if it is newer than the network's own. */
  readonly held: Revision | undefined;
  readonly secret: NetworkSecret | undefined;
}

/** What the store says of a network at one moment. */
export interface Stored {
  readonly network: StoredNetwork;
  readonly machines: readonly StoredMachine[];
  readonly held: Revision | undefined;
  readonly secret: NetworkSecret | undefined;
}

/** Undefined: there is no such network. */
export async function readStored(tx: Transaction, name: string): Promise<Stored | undefined> {
  const network = await tx.network(name);
  if (!network) return undefined;
  const machines = await tx.machines(name);
  const [newest] = await tx.revisions(name, { limit: 1 });
  const isNewer = newest !== undefined && newest.id.number > network.revision.number;
  const held = isNewer && newest.state === 'held' ? newest : undefined;
  return { network, machines, held, secret: await readNetworkSecret(tx, name) };
}

/** @throws DiagnosticsError if the stored file cannot be read by this server */
export const compiledOf = ({ network, secret }: Stored, known?: Compiled): Compiled =>
  Compiled.of({ ...network, presharedKeys: secret?.version }, known);

export const snapshotOf = (
  { network: stored, machines, held, secret }: Stored,
  compiled: Compiled,
): Snapshot => ({
  stored,
  compiled,
  machines: new Map(machines.map((machine) => [machine.name, machine])),
  byIdentity: new Map(machines.map((machine) => [machine.identity, machine])),
  held,
  secret,
});
