import type { Revision } from '#api';
import { Secret } from '#base';
import { unusedInvites } from '../invites.ts';
import { readSecretText } from '../secrets/network-secret.ts';
import type { StoredHead, StoredMachine, Transaction } from '../store/contract.ts';
import { takesBack } from '../take-back/author.ts';
import { readActs } from './acts.ts';
import type { NamedMachine } from './names.ts';
import type { Views } from './views.ts';

/**
 * A network at one moment; readers keep theirs while a writer makes the next. What its file says in full
 * and what follows from that is the compiler's: here is what everybody asks for all the time.
 */
export interface Snapshot extends Views {
  /** What the compiler knows it by: another number wherever machines may be something else. */
  readonly basis: number;
  readonly stored: StoredHead;
  /** Machines of the file that have a state, and so may have an agent; by name. */
  readonly names: ReadonlyMap<string, NamedMachine>;
  readonly machines: ReadonlyMap<string, StoredMachine>;
  readonly byIdentity: ReadonlyMap<string, StoredMachine>;
  /** The revision that waits for approval, if it is newer than the network's own. */
  readonly held: Revision | undefined;
  /** The newest revision, if it took the one before back. */
  readonly takenBack: Revision | undefined;
  /** How many acts of persons made it what it is. */
  readonly acts: number;
  /** Whom the links are for that were not used, and until when; RFC 3339. */
  readonly invited: ReadonlyMap<string, string>;
  /** What the preshared keys are made from, as it is kept; see `networkSecretOf`. */
  readonly secret: Secret | undefined;
}

/** What the store says of a network at one moment, without its file and its machines. */
export type Stored = Pick<
  Snapshot,
  'stored' | 'held' | 'takenBack' | 'acts' | 'invited' | 'secret'
>;

/** Undefined: there is no such network. */
export async function readStored(tx: Transaction, name: string): Promise<Stored | undefined> {
  const stored = await tx.head(name);
  if (!stored) return undefined;
  const [newest] = await tx.revisions(name, { limit: 1 });
  const isNewer = newest !== undefined && newest.id.number > stored.revision.number;
  const held = isNewer && newest.state === 'held' ? newest : undefined;
  const takenBack = newest?.author === takesBack && !isNewer ? newest : undefined;
  const acts = await readActs(tx, name);
  const invited = unusedInvites(await tx.tokens(), name);
  const text = await readSecretText(tx, name);
  const secret = text === undefined ? undefined : new Secret(text);
  return { stored, held, takenBack, acts, invited, secret };
}

/** The machines of a network by what they are asked for. */
export const byNameAndIdentity = (
  machines: Iterable<StoredMachine>,
): Pick<Snapshot, 'machines' | 'byIdentity'> => {
  const all = [...machines];
  return {
    machines: new Map(all.map((machine) => [machine.name, machine])),
    byIdentity: new Map(all.map((machine) => [machine.identity, machine])),
  };
};

/** Machines with some others; one that changes its name is dropped and put. */
export function withMachines(
  machines: ReadonlyMap<string, StoredMachine>,
  {
    put,
    drop,
  }: { readonly put: readonly StoredMachine[]; readonly drop: readonly StoredMachine[] },
): ReadonlyMap<string, StoredMachine> {
  const next = new Map(machines);
  for (const { name } of drop) next.delete(name);
  for (const machine of put) next.set(machine.name, machine);
  return next;
}
