import {
  apiErrors,
  type FileSet,
  type PlanResult,
  type Revision,
  type RevisionId,
  sameFiles,
} from '#api';
import type { Diagnostic } from '#base';
import { type Facts, formatPlan, hasChanges, type Plan, plan, restoredFacts } from '#compile';
import type { Network } from '#spec';
import { describeChange } from '#state';
import { serverErrors } from '../errors.ts';
import type { Basis } from './basis.ts';
import { massRemoval } from './brake.ts';
import { type Compiled, proven } from './compiled.ts';
import { cutOffWarning, displacedWarnings, type Operator } from './cut-off.ts';
import type { Decision } from './edit.ts';
import { refuseOtherKeys } from './key-in-file.ts';
import { moved, pinOf } from './pin.ts';
import { renamedFacts, renamedMachines, renames } from './renames.ts';
import { summaryOf } from './summary.ts';

/** The number that a revision likely gets; it names tombstones in the ledger. */
export const next = ({ epoch, number }: RevisionId): RevisionId => ({ epoch, number: number + 1 });

/** The network as other files would make it. @throws DiagnosticsError */
export function drafted({ stored, compiled }: Basis, files: FileSet): Compiled {
  const revision = next(stored.revision);
  const draft = compiled.next({ files, facts: stored.facts, revision });
  const facts = renamedFacts(stored.facts, renames(compiled.network, draft.network));
  return facts === stored.facts ? draft : compiled.next({ files, facts, revision });
}

/**
 * What would change: on machines as they are known, and for people as if every machine had joined.
 * @throws compile/other-network
 */
function planBetween(before: Compiled, after: Compiled): { plan: Plan; text: string } {
  const found = plan(before.whole, after.whole, { before: before.model, after: after.model });
  const text = hasChanges(found) ? formatPlan(found, before.whole, after.whole) : '';
  return { plan: found, text };
}

/** What a file would do to a network. @throws DiagnosticsError, compile/other-network */
export function planOf(basis: Basis, files: FileSet, operator?: Operator): PlanResult {
  const after = drafted(basis, files);
  refuseOtherKeys(basis, after);
  const { plan: found, text } = planBetween(basis.compiled, after);
  const cut = operator ? cutOffWarning(basis.compiled, after, operator) : [];
  const moved = displacedWarnings(found, after, operator);
  const warnings = [...cut, ...moved, ...after.warnings, ...proven(after)];
  const { revision, facts } = basis.stored;
  return {
    base: revision,
    hash: pinOf(revision, files, facts),
    text,
    machines: found.machines.map((entry) => ({
      ...entry,
      changes: entry.changes.map((change) => ({ ...change, text: describeChange(change) })),
    })),
    access: [...found.access],
    staleExports: [...found.staleExports],
    tests: [...found.failingTests],
    warnings: [...warnings] as (Diagnostic & PlanResult['warnings'][number])[],
    notes: [...notesOf(basis, after, files)],
  };
}

/** What a plan says besides. */
function* notesOf({ compiled: before, stored }: Basis, after: Compiled, files: FileSet) {
  if (sameFiles(files, stored.files)) return;
  if (needsTwo(before)) yield 'It waits until a second person approves it.';
  if (needsTwo(after) && !needsTwo(before)) yield 'From then on each change needs two people.';
  if (needsTwo(before) && !needsTwo(after)) yield 'From then on one person alone may change it.';
}

export interface Change {
  readonly kind: 'apply' | 'rollback';
  readonly files: FileSet;
  readonly why: string;
  readonly author: string;
  /** `hash` of a plan that a person has seen. */
  readonly plan?: string | undefined;
  /** How many people have tokens that may approve. */
  readonly persons: number;
  /** False: it takes no other person and no brake into account. */
  readonly waits?: false;
}

export const needsTwo = ({ network }: Pick<Compiled, 'network'>): boolean =>
  network.approvals === 2;

/** A network that nobody could change any more. @throws server/too-few-persons */
export function requirePersons(network: Network, persons: number): void {
  if (network.approvals <= persons) return;
  throw serverErrors.error('server/too-few-persons', { network: network.name, persons });
}

/** What a plan was made from, if one was seen, may not have moved. @throws api/plan-stale */
export function requirePlan(
  { stored: { revision, facts } }: Basis,
  files: FileSet,
  plan: string | undefined,
): void {
  const what = plan === undefined ? undefined : moved(plan, pinOf(revision, files, facts));
  if (what !== undefined) throw apiErrors.error('api/plan-stale', { what });
}

/** Why a revision has to wait, in the words of its summary. */
export const heldFor = (compiled: Compiled, brake: string | undefined): readonly string[] => [
  ...(needsTwo(compiled) ? ['held: a second person has to approve it'] : []),
  ...(brake === undefined ? [] : [`held: ${brake}`]),
];

/**
 * The edit that makes other files the network's own; held where the present file wants two people, and
 * where it removes a mass of peers that no plan listed. Undefined if they are its own already. What waits
 * is overtaken by going back to what is.
 * @throws api/plan-stale, DiagnosticsError, compile/other-network, server/too-few-persons
 */
export function changeTo(basis: Basis, change: Change): Decision | undefined {
  const { stored, compiled: before, held } = basis;
  const { files, author, why, kind } = change;
  requirePlan(basis, files, change.plan);
  const isSame = sameFiles(files, stored.files);
  if (!held && isSame) return undefined;
  const compiled = drafted(basis, files);
  refuseOtherKeys(basis, compiled);
  const changes = summaryOf(before, compiled);
  proven(compiled);
  if (!needsTwo(before)) requirePersons(compiled.network, change.persons);
  const brake = change.plan === undefined ? massRemoval(before, compiled) : undefined;
  const reasons = isSame || change.waits === false ? [] : heldFor(before, brake);
  const summary = [...reasons, ...changes];
  const state = reasons.length === 0 ? 'applied' : 'held';
  return {
    author,
    action: state === 'held' ? `${kind}-held` : kind,
    detail: { why, summary },
    revision: { kind, why, state, summary, files, compiled },
    ...(state === 'applied' && renamedMachines(basis, compiled)),
  };
}

/** A held revision, with its files, that somebody lets go. */
export interface Release {
  readonly revision: Revision;
  readonly files: FileSet;
  readonly author: string;
  /** Whose it is, and who lets it go. */
  readonly persons: readonly [string, string];
}

/** The edit that lets a held revision go. @throws DiagnosticsError, server/second-person */
export function released(basis: Basis, { revision, files, author, persons }: Release): Decision {
  const { number } = revision.id;
  if (needsTwo(basis.compiled) && persons[0] === persons[1]) {
    const what = `revision ${number}`;
    throw serverErrors.error('server/second-person', { what, author: revision.author });
  }
  const gone =
    revision.kind === 'remove'
      ? (compiled: Compiled) =>
          [...basis.machines.values()].filter(
            ({ name }) => basis.compiled.has(name) && !compiled.has(name),
          )
      : () => [];
  const { stored } = basis;
  const left = gone(drafted(basis, files));
  const facts = withoutKeys(stored.facts, left);
  const compiled = drafted({ ...basis, stored: { ...stored, facts } }, files);
  proven(compiled);
  const moved = left.length > 0 ? { drop: left, banish: left } : renamedMachines(basis, compiled);
  return { author, action: 'approve', release: number, compiled, ...moved };
}

/** Machines that are gone are not known by their keys any more. */
export function withoutKeys(facts: Facts, machines: readonly { readonly name: string }[]): Facts {
  const names = machines.map(({ name }) => name);
  const gone = new Set(names);
  const without = <T>(known: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(known).filter(([name]) => !gone.has(name)));
  const { homes, keys } = facts;
  return {
    ...restoredFacts(facts, names),
    keys: without(keys),
    ...(homes && { homes: without(homes) }),
  };
}
