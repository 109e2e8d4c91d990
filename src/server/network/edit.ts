import type { FileSet, Revision, RevisionId } from '#api';
import type { Facts } from '#compile';
import { eventOf } from '../events/told.ts';
import type { StoredMachine, Transaction } from '../store/contract.ts';
import type { Packed } from '../store/packed.ts';
import { type Action, countAct } from './acts.ts';
import type { Compiled } from './compiled.ts';

/** A network that was made and is not the present one yet, where it can be asked for. */
export interface Drafted {
  /** What the compiler knows it by. */
  readonly draft: number;
  readonly facts: Packed<Facts>;
}

/** A new revision of the file. */
export interface RevisionEdit<C> {
  readonly kind: Revision['kind'];
  readonly why: string;
  readonly state: Revision['state'];
  readonly summary: readonly string[];
  readonly files: FileSet | Packed<FileSet>;
  readonly compiled: C;
}

/** What a decision changes, as plain data; `C` is how it speaks of networks that it made. */
export interface PlainEdit<C = Drafted> {
  /** Token name or machine. */
  readonly author: string;
  /** What the audit says of it; absent: what machines report by themselves is not audited. */
  readonly action?: Action;
  readonly detail?: object | undefined;
  readonly revision?: RevisionEdit<C>;
  /** A held revision that becomes the network's own. */
  readonly release?: number;
  /** A held revision that will not be. */
  readonly reject?: number;
  /** The network with other facts, which are kept; the file stays. */
  readonly compiled?: C;
  readonly frozen?: boolean;
  readonly put?: readonly StoredMachine[];
  readonly drop?: readonly StoredMachine[];
  /** Machines that were taken out by a person: told so when they return. */
  readonly banish?: readonly StoredMachine[];
}

/** What one decision makes of a network, in the thread where networks are. */
export type Decision = PlainEdit<Compiled>;

/** What one operation changes: all of it in one transaction, or nothing. */
export interface Edit extends PlainEdit {
  /** Of the revision that it makes. */
  readonly request?: string | undefined;
  readonly person?: string | undefined;
  /** Further work of the same transaction, such as using up a token. */
  readonly also?: (tx: Transaction) => Promise<void>;
}

/** What becomes the network's own: not a revision that is held. */
export const madeBy = <C>({ revision, compiled }: PlainEdit<C>): C | undefined =>
  revision?.state === 'applied' ? revision.compiled : compiled;

/** Under which a removed machine's identity is kept. */
export const banishedKey = (network: string, identity: string): string =>
  `banished/${network}/${identity}`;

/** Another server was quicker: what an edit was decided from is not so any more. */
export class Overtaken extends Error {}

/** Writes an edit; the revision it made, if any. @throws Overtaken where a name went to another identity */
export async function writeEdit(
  tx: Transaction,
  network: string,
  edit: Edit,
  at: string,
): Promise<RevisionId | undefined> {
  const { author, revision } = edit;
  if (edit.release !== undefined) await tx.releaseRevision(network, edit.release, author);
  if (edit.reject !== undefined) await tx.rejectRevision(network, edit.reject);
  const made = revision && (await addRevision(tx, network, revision, { ...edit, at }));
  if (edit.compiled) await tx.putFacts(network, edit.compiled.facts);
  if (edit.frozen !== undefined) await tx.setFrozen(network, edit.frozen);
  for (const { name } of edit.drop ?? []) await tx.removeMachine(network, name);
  for (const machine of edit.put ?? []) {
    if (!(await tx.putMachine(machine))) throw new Overtaken(machine.name);
  }
  for (const { identity } of edit.banish ?? []) {
    await tx.putSetting(banishedKey(network, identity), at);
  }
  await edit.also?.(tx);
  await countAct(tx, network, edit.action);
  const number = made?.number ?? edit.release ?? edit.reject;
  if (edit.action === undefined) return made;
  const entry = { at, actor: author, action: edit.action, detail: edit.detail ?? {} };
  const numbered = { ...entry, ...(number !== undefined && { revision: number }) };
  await tx.addAudit({ ...numbered, network });
  const event = eventOf(numbered);
  if (event) await tx.addEvents(network, [event]);
  return made;
}

const addRevision = async (
  tx: Transaction,
  network: string,
  { compiled, ...revision }: RevisionEdit<Drafted>,
  { at, author, request, person }: Edit & { readonly at: string },
): Promise<RevisionId> =>
  tx.addRevision(network, { ...revision, at, author, request, person, facts: compiled.facts });
