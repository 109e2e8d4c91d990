import { apiErrors, type FileSet, type PlanResult } from '#api';
import { DiagnosticsError, HawserError } from '#base';
import { removeMachine } from '#spec';
import type { StoredMachine } from '../store/contract.ts';
import type { Basis } from './basis.ts';
import { massRemoval } from './brake.ts';
import { drafted, heldFor, planOf, requirePlan, withoutKeys } from './change.ts';
import type { Compiled } from './compiled.ts';
import type { Operator } from './cut-off.ts';
import type { Decision } from './edit.ts';
import { withFacts } from './enrol.ts';
import { summaryOf } from './summary.ts';

interface Said {
  readonly author: string;
  readonly why?: string | undefined;
  readonly byItself?: boolean;
  /** `hash` of the plan that its author has seen. */
  readonly plan?: string | undefined;
}

/**
 * The file without a machine; undefined where it does not name it.
 * @throws api/not-found, api/held, spec/not-patchable
 */
function filesWithout({ stored, compiled, machines, held }: Basis, name: string) {
  if (!compiled.has(name)) {
    if (!machines.has(name)) throw apiErrors.error('api/not-found', { what: `machine ${name}` });
    return undefined;
  }
  if (held) {
    const args = { revision: held.id.number, why: 'nothing else changes meanwhile' };
    throw apiErrors.error('api/held', args);
  }
  return withoutMachine(stored.files, compiled, name);
}

/** What it would change to take a machine out. @throws as `filesWithout`; DiagnosticsError */
export const removalPlan = (basis: Basis, name: string, operator?: Operator): PlanResult =>
  planOf(basis, filesWithout(basis, name) ?? basis.stored.files, operator);

/**
 * Takes a machine out of the file and cuts it off. Its key is forgotten, its identity told that it was
 * removed when it returns.
 * @throws as `filesWithout`; api/plan-stale, DiagnosticsError
 */
export function removed(
  basis: Basis,
  name: string,
  { author, why = '', byItself = false, plan }: Said,
): Decision {
  const { stored, compiled, machines } = basis;
  const record = machines.get(name);
  const gone = record ? { drop: [record], banish: [record] } : {};
  const base = { author, action: 'remove', detail: { machine: name }, ...gone } as const;
  const files = filesWithout(basis, name);
  requirePlan(basis, files ?? stored.files, plan);
  if (!files) return base;
  const facts = withoutKeys(stored.facts, [{ name }]);
  const after = drafted({ ...basis, stored: { ...stored, facts } }, files);
  const brake = plan === undefined ? massRemoval(compiled, after, new Set([name])) : undefined;
  const found = summaryOf(compiled, after);
  const reasons = byItself && brake === undefined ? [] : heldFor(compiled, brake);
  const summary = [...reasons, ...found];
  const state = reasons.length === 0 ? 'applied' : 'held';
  const told = why || `${name} was removed`;
  const revision = { kind: 'remove', why: told, state, summary, files, compiled: after } as const;
  return state === 'held' ? { author, action: 'remove-held', revision } : { ...base, revision };
}

/** Forgets a machine's identity and keys: its peers know it no longer, the file still names it. */
export function forgotten(
  basis: Basis,
  machine: StoredMachine,
  { author, action }: Pick<Decision, 'author' | 'action'>,
): Decision {
  const { name, identity } = machine;
  return {
    author,
    ...(action !== undefined && { action }),
    detail: { machine: name, identity },
    compiled: withFacts(basis, withoutKeys(basis.stored.facts, [machine])),
    drop: [machine],
    banish: [machine],
  };
}

/**
 * Forgets who a machine is that gives a tunnel back which was there before: file and peers go on naming it,
 * as they did before it joined.
 */
export const vacated = (machine: StoredMachine): Decision => ({
  author: machine.name,
  action: 'leave',
  detail: { machine: machine.name, identity: machine.identity, keepsPlace: true },
  drop: [machine],
  banish: [machine],
});

/** A machine that is cut off goes: its name stays cut off, for whoever joins under it. */
function leftCutOff(basis: Basis, machine: StoredMachine): Decision {
  const { facts } = basis.stored;
  const { name, identity } = machine;
  const { revoked } = facts;
  const known = { ...withoutKeys(facts, [machine]), ...(revoked && { revoked }) };
  const compiled = withFacts(basis, known);
  const gone = { compiled, drop: [machine], banish: [machine] };
  return { author: name, action: 'leave', detail: { machine: name, identity }, ...gone };
}

/**
 * A machine goes by its own will; where the file needs its name, only what it is known by goes. Nobody gets
 * rid of being cut off that way.
 */
export function left(basis: Basis, machine: StoredMachine): Decision {
  if (basis.stored.facts.revoked?.[machine.name]) return leftCutOff(basis, machine);
  try {
    const edit = removed(basis, machine.name, { author: machine.name, byItself: true });
    if (edit.revision?.state !== 'held') return { ...edit, action: 'leave' };
  } catch (error) {
    const isRefused = error instanceof HawserError || error instanceof DiagnosticsError;
    if (!isRefused) throw error;
  }
  return forgotten(basis, machine, { author: machine.name, action: 'leave' });
}

function withoutMachine({ entry, files }: FileSet, { model }: Compiled, name: string): FileSet {
  const { place } = model.nodesByName.get(name)?.machine ?? model.hostsByName.get(name) ?? {};
  const file = place?.file ?? entry;
  const text = removeMachine(file, files[file] ?? '', { name, place });
  return { entry, files: { ...files, [file]: text } };
}
