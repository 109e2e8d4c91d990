import type { Network } from '#spec';
import type { Facts, Revocation } from './inputs.ts';

/** Facts in which a machine is cut off: it has no peers, and is nobody's. */
export const revokedFacts = (facts: Facts, machine: string, revocation: Revocation): Facts => ({
  ...facts,
  revoked: { ...facts.revoked, [machine]: revocation },
});

/** Facts in which machines may be there again. */
export function restoredFacts(facts: Facts, machines: readonly string[]): Facts {
  const { revoked = {}, ...others } = facts;
  const gone = new Set(machines);
  const rest = Object.entries(revoked).filter(([name]) => !gone.has(name));
  return rest.length === 0 ? others : { ...others, revoked: Object.fromEntries(rest) };
}

/**
 * Members whose time is over and who are not cut off for it yet, and those who were and have time
 * again. `now`: RFC 3339 in UTC, as the times of the file.
 */
export function turnedOver(
  { members }: Network,
  { revoked = {} }: Facts,
  now: string,
): { readonly expired: readonly string[]; readonly returned: readonly string[] } {
  const over = new Set(
    members
      .filter(({ expires }) => expires !== undefined && expires <= now)
      .map(({ name }) => name),
  );
  const known = Object.entries(revoked).filter(([, { why }]) => why === 'expired');
  return {
    expired: [...over].filter((name) => revoked[name] === undefined).sort(),
    returned: known.map(([name]) => name).filter((name) => !over.has(name)),
  };
}
