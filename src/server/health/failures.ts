import type { Finding } from '#api';
import type { Card } from '../presence/card.ts';

/**
 * What a connected machine fails at of what its network says; undefined: since it connected it has not said that it is
 * all of it.
 */
export function failuresOf({ failures, isConfirmed }: Card): readonly Finding[] | undefined {
  return failures.length > 0 || isConfirmed ? failures : undefined;
}
