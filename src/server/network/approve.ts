import { apiErrors } from '#api';
import { serverErrors } from '../errors.ts';
import type { StoredMachine } from '../store/contract.ts';
import type { Basis } from './basis.ts';
import { needsTwo } from './change.ts';
import type { Decision } from './edit.ts';
import { endOf, memberAdded, refuseUnmanaged, withCloud, withFacts, withKeys } from './enrol.ts';
import { refuseOtherKey } from './key-in-file.ts';

export interface Approval {
  readonly machine: string;
  /** The site it is attached to as a member. */
  readonly hub?: string | undefined;
  /** Another name; a machine of the file, or a new member. */
  readonly as?: string | undefined;
  readonly why?: string | undefined;
  readonly author: string;
  /** For whom the author speaks. */
  readonly person: string;
  /** RFC 3339. */
  readonly at: string;
}

/**
 * Lets a machine in that waits. Undefined if it is in already.
 * @throws api/not-found, api/name-taken, api/held, DiagnosticsError
 */
export function approved(basis: Basis, approval: Approval): Decision | undefined {
  const { machine, author } = approval;
  const waiting = basis.machines.get(machine);
  if (!waiting) throw apiErrors.error('api/not-found', { what: `machine ${machine} that waits` });
  if (waiting.enrolment === 'enrolled') return undefined;
  const { person, memberLife, ...admitted } = waiting;
  if (needsTwo(basis.compiled) && person === approval.person) {
    throw serverErrors.error('server/second-person', { what: `the token of ${machine}`, author });
  }
  const name = approval.as ?? machine;
  if (name !== machine && basis.machines.has(name)) {
    throw apiErrors.error('api/name-taken', { machine: name });
  }
  const { stored, compiled, held } = basis;
  const cloud = stored.facts.observations.clouds?.[machine];
  const told = { keys: waiting.keys, ...(cloud !== undefined && { cloud }) };
  const facts = withKeys(withCloud(stored.facts, machine, undefined), name, told);
  const enrolled: StoredMachine = { ...admitted, name, enrolment: 'enrolled' };
  const base = {
    author,
    action: 'approve-machine',
    detail: { machine, as: name },
    drop: [waiting],
    put: [enrolled],
  } as const;
  if (compiled.has(name)) {
    refuseUnmanaged(basis, name);
    refuseOtherKey(basis, name, waiting.keys);
    return { ...base, compiled: withFacts(basis, facts) };
  }
  if (held) {
    const args = { revision: held.id.number, why: 'nobody joins meanwhile' };
    throw apiErrors.error('api/held', args);
  }
  const hub = approval.hub === undefined ? {} : { hub: approval.hub };
  const end = endOf(memberLife, approval.at);
  const member = { name, tags: waiting.tags, ...hub, ...end };
  const why = approval.why || `${author} let ${name} in`;
  return { ...base, revision: memberAdded(basis, member, facts, why) };
}
