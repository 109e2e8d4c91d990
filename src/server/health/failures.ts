import type { Finding } from '#api';
import type { Card } from '../presence/card.ts';

/** By which machines tell of what two places claim: an event of its own, whoever sees it. */
export const conflictCodes: ReadonlySet<string> = new Set([
  'agent/two-places',
  'agent/not-as-in-file',
]);

/** By which a machine tells of a difference that it does not put back now. */
export const driftCode = 'agent/not-put-back';

/**
 * What a connected machine fails at of what its network says, or cannot do though all is so; undefined: since it connected
 * it has not said that it is all of it.
 */
export function failuresOf({
  failures,
  warnings = [],
  isConfirmed,
}: Card): readonly Finding[] | undefined {
  const isGrave = ({ severity, code }: Finding): boolean =>
    severity === 'error' && !conflictCodes.has(code);
  const all = [...failures, ...warnings.filter(isGrave)];
  return all.length > 0 || isConfirmed ? all : undefined;
}
