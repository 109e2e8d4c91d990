import { apiErrors, type FileSet, type PlanResult } from '#api';
import { setExpires } from '#spec';
import { serverErrors } from '../errors.ts';
import type { Basis } from './basis.ts';
import { changeTo, planOf } from './change.ts';
import type { Operator } from './cut-off.ts';
import type { Decision } from './edit.ts';

/** Until when somebody is to be a member. */
export interface Lifetime {
  readonly machine: string;
  /** RFC 3339; absent: for ever. */
  readonly expires?: string | undefined;
}

/**
 * The file in which a member ends then.
 * @throws api/not-found, server/not-member, spec/not-patchable
 */
function filesUntil({ compiled, stored }: Basis, { machine: name, expires }: Lifetime): FileSet {
  const machine = compiled.model.nodesByName.get(name)?.machine;
  if (!machine && !compiled.has(name)) {
    throw apiErrors.error('api/not-found', { what: `member ${name}` });
  }
  if (machine?.kind !== 'member') throw serverErrors.error('server/not-member', { machine: name });
  const { entry, files } = stored.files;
  if (machine.expires === expires) return stored.files;
  const { place } = machine;
  const file = place.file;
  const text = setExpires(file, files[file] ?? '', { name, place }, expires);
  return { entry, files: { ...files, [file]: text } };
}

/** What it would change. @throws as `filesUntil`; DiagnosticsError */
export const lifetimePlan = (basis: Basis, lifetime: Lifetime, operator?: Operator): PlanResult =>
  planOf(basis, filesUntil(basis, lifetime), operator);

export interface Limiting extends Lifetime {
  /** `hash` of the plan that its author has seen. */
  readonly plan?: string | undefined;
  readonly why: string;
  readonly author: string;
  readonly persons: number;
}

/**
 * The change by which a member ends at another time, under the rules of every change. Undefined if it ends then.
 * @throws as `filesUntil` and `changeTo`
 */
export function limited(basis: Basis, { machine, expires, ...said }: Limiting) {
  const files = filesUntil(basis, { machine, expires });
  if (files === basis.stored.files) return undefined;
  return changeTo(basis, { kind: 'apply', files, ...said }) satisfies Decision | undefined;
}
