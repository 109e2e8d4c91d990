import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RevisionId } from '#api';
import { type Diagnostic, DiagnosticsError } from '#base';
import {
  allocate,
  assumeKeys,
  check,
  type Facts,
  factsFileName,
  link,
  type Model,
  parseFacts,
  sharedFacts,
  writeFacts,
} from '#compile';
import { loadNetwork, type Network, type PoolProposal } from '#spec';
import { cliErrors } from './errors.ts';
import { diskReader } from './files.ts';

/** A network, and what is known besides its file. */
export interface Known {
  readonly network: Network;
  readonly facts: Facts;
  /** Of one that a server has. */
  readonly revision?: RevisionId;
  /** Version of its preshared keys, where there are any. */
  readonly presharedKeys?: number;
}

export interface Opened extends Known {
  readonly warnings: readonly Diagnostic[];
  /** The facts are those of this file beside the network's file; empty without one. */
  readonly factsFile: string;
}

/** Reads a network and its facts. Throws `DiagnosticsError` with everything wrong in the file. */
export function openNetwork(file: string): Opened {
  const { network, diagnostics } = loadNetwork(file, diskReader);
  if (!network) throw new DiagnosticsError(diagnostics);
  const factsFile = join(dirname(file), factsFileName);
  const text = readFacts(factsFile);
  const facts = parseFacts(text ?? '{"format":1,"networks":{}}', network.name, factsFile);
  return { network, warnings: diagnostics, facts, factsFile };
}

/** Pools that the sites of a file's segments could have. Throws `DiagnosticsError` where there are none. */
export function proposedPools(file: string): readonly PoolProposal[] {
  const { proposals, diagnostics } = loadNetwork(file, diskReader);
  if (proposals.length > 0) return proposals;
  if (diagnostics.some(({ severity }) => severity === 'error'))
    throw new DiagnosticsError(diagnostics);
  throw cliErrors.error('cli/nothing-to-suggest', { file });
}

/** The text of the facts file; undefined only if there is none. Throws `cli/facts-unreadable`. */
export function readFacts(file: string): string | undefined {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw cliErrors.error('cli/facts-unreadable', { file, reason }, { cause });
  }
}

/** Links what the file says as if every key were known: for checks and traces. */
export function linkAssumed({ network, facts }: Opened): Model {
  return link({ ...assumeKeys(network, facts), network, epoch: 'file', rev: 0 });
}

/** Everything there is to say of a file, as `hawser check` does. `model`: what it is linked to. */
export const findingsOf = (opened: Opened, model = linkAssumed(opened)): readonly Diagnostic[] => [
  ...opened.warnings,
  ...check(model).diagnostics,
];

export const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

/** Links two files that are compared as if every key were known: what only one has heard of counts for both. */
export const linkBoth = (a: Opened, b: Opened): readonly [Model, Model] => [
  linkAssumed({ ...a, facts: sharedFacts(a, b) }),
  linkAssumed({ ...b, facts: sharedFacts(b, a) }),
];

/** Links with the keys that are known, and with addresses given out as the facts file will keep them. */
export function linkKnown(known: Known, facts: Facts): Model {
  const { network, revision = { epoch: 'file', number: 0 }, presharedKeys } = known;
  const { epoch, number: rev } = revision;
  return link({
    ...facts,
    network,
    epoch,
    rev,
    ...(presharedKeys !== undefined && { presharedKeys }),
  });
}

/** Facts with an address for every machine. */
export const withAddresses = ({ network }: Known, facts: Facts): Facts => ({
  ...facts,
  ledger: allocate(network, facts.ledger).ledger,
});

/** Writes the facts file whole or not at all. Throws `cli/write-failed`. */
export function saveFacts({ factsFile: file, network }: Opened, facts: Facts): void {
  const old = readFacts(file);
  const text = writeFacts(old, network.name, facts);
  if (text === old) return;
  const draft = `${file}.${process.pid}.new`;
  try {
    writeFileSync(draft, text, { mode: 0o644 });
    renameSync(draft, file);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw cliErrors.error('cli/write-failed', { file, reason: String(cause) }, { cause });
  }
}
