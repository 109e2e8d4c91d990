import { apiErrors } from '#api';
import { restoredFacts, revokedFacts, turnedOver } from '#compile';
import type { Basis } from './basis.ts';
import type { Decision } from './edit.ts';
import { withFacts } from './enrol.ts';

export interface Revoking {
  readonly machine: string;
  readonly author: string;
  /** RFC 3339. */
  readonly at: string;
}

/** @throws api/not-found */
function requireNode({ compiled }: Basis, machine: string): void {
  if (compiled.model.nodesByName.has(machine)) return;
  throw apiErrors.error('api/not-found', { what: `machine ${machine} with a tunnel` });
}

/**
 * Cuts a machine off at all its peers. The file goes on naming it: key, address and history stay, so
 * that it can be let back. Undefined if it is cut off already.
 * @throws api/not-found
 */
export function revoked(basis: Basis, { machine, author, at }: Revoking): Decision | undefined {
  const { stored } = basis;
  requireNode(basis, machine);
  if (stored.facts.revoked?.[machine]?.why === 'revoked') return undefined;
  const facts = revokedFacts(stored.facts, machine, { why: 'revoked', at });
  return { author, action: 'revoke', detail: { machine }, compiled: withFacts(basis, facts) };
}

/**
 * Lets a machine back; whose time is over needs more time in the file. Undefined if it is not cut off.
 * @throws api/not-found
 */
export function restored(basis: Basis, { machine, author }: Revoking): Decision | undefined {
  const { facts } = basis.stored;
  const revocation = facts.revoked?.[machine];
  if (!revocation) {
    requireNode(basis, machine);
    return undefined;
  }
  if (revocation.why === 'expired') {
    throw apiErrors.error('api/not-found', {
      what: `time left for ${machine}: give it more, \`hawser expire ${machine} --in 30d\``,
    });
  }
  const next = restoredFacts(facts, [machine]);
  return {
    author,
    action: 'restore-machine',
    detail: { machine },
    compiled: withFacts(basis, next),
  };
}

/** Cuts members off whose time is over, and lets those back who got more. */
export function expired(basis: Basis, { at }: { readonly at: string }): Decision | undefined {
  const { facts } = basis.stored;
  const { expired: over, returned } = turnedOver(basis.compiled.network, facts, at);
  if (over.length === 0 && returned.length === 0) return undefined;
  const next = over.reduce(
    (all, name) => revokedFacts(all, name, { why: 'expired', at }),
    restoredFacts(facts, returned),
  );
  const detail = { expired: over, returned };
  return { author: 'server', action: 'expire', detail, compiled: withFacts(basis, next) };
}
