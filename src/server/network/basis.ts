import type { FileSet, Revision, RevisionId } from '#api';
import type { Facts } from '#compile';
import { type NetworkSecret, networkSecretOf } from '../secrets/network-secret.ts';
import type { StoredHead, StoredMachine, StoredNetwork } from '../store/contract.ts';
import { type Packed, unpack } from '../store/packed.ts';
import { Compiled } from './compiled.ts';
import { byNameAndIdentity, type Snapshot, withMachines } from './snapshot.ts';

/** All of a network at one moment: what decisions are made from. It does not leave its thread. */
export interface Basis extends Pick<Snapshot, 'machines' | 'byIdentity' | 'held' | 'acts'> {
  readonly stored: StoredNetwork;
  readonly compiled: Compiled;
  readonly secret: NetworkSecret | undefined;
}

/** A network as the store has it; `secret` is the text that it is kept as. */
export interface Opening {
  readonly head: StoredHead;
  readonly files: Packed<FileSet>;
  readonly machines: readonly StoredMachine[];
  readonly held: Revision | undefined;
  readonly acts: number;
  readonly secret: string | undefined;
}

const isSame = (a: RevisionId, b: RevisionId): boolean =>
  a.epoch === b.epoch && a.number === b.number;

const secretOf = (text: string | undefined, network: string): NetworkSecret | undefined =>
  text === undefined ? undefined : networkSecretOf(text, network);

/** Reads a network; what `known` has is not computed again. @throws DiagnosticsError */
export function opened(
  { head, files, machines, held, acts, secret }: Opening,
  known?: Basis,
): Basis {
  const stored: StoredNetwork = { ...head, files: unpack(files), facts: unpack(head.facts) };
  const found = secretOf(secret, stored.network);
  return {
    stored,
    held,
    acts,
    compiled: compiledOf(stored, found, known),
    secret: found,
    ...byNameAndIdentity(machines),
  };
}

function compiledOf(
  stored: StoredNetwork,
  secret: NetworkSecret | undefined,
  known: Basis | undefined,
): Compiled {
  const { revision, facts } = stored;
  const isKnown =
    known !== undefined &&
    isSame(known.stored.revision, revision) &&
    known.secret?.version === secret?.version &&
    sameFacts(known.stored.facts, facts);
  if (isKnown) return known.compiled;
  return Compiled.of({ ...stored, presharedKeys: secret?.version }, known?.compiled);
}

const sameFacts = (a: Facts, b: Facts): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);

/** What a transaction left, besides what was decided from the basis before it. */
export interface Step {
  readonly revision: RevisionId;
  readonly frozen: boolean;
  readonly held: Revision | undefined;
  readonly acts: number;
  readonly secret: string | undefined;
  readonly put: readonly StoredMachine[];
  readonly drop: readonly StoredMachine[];
}

/** The network after a transaction. `made`: what it is now, where that is something else. */
export function advanced(before: Basis, step: Step, made: Compiled | undefined): Basis {
  const { revision, frozen, held, acts, put, drop } = step;
  const secret = secretOf(step.secret, before.stored.network);
  const facts = made?.facts ?? before.stored.facts;
  const files = made?.files ?? before.stored.files;
  const stored = { ...before.stored, revision, frozen, files, facts };
  const machines = withMachines(before.machines, { put, drop });
  const same = secret?.version === before.secret?.version;
  const current = made?.as(revision) ?? before.compiled;
  const compiled = same ? current : compiledOf(stored, secret, { ...before, compiled: current });
  return { stored, held, acts, secret, compiled, ...byNameAndIdentity(machines.values()) };
}
