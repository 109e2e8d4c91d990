import type { NamedMachine } from '../network/names.ts';

/** A hub is what the others are told of, and of a machine without an agent the other end tells. */
const placeOf = (machine: Pick<NamedMachine, 'isHub' | 'managed'> | undefined): number => {
  if (machine?.isHub) return 2;
  return machine?.managed === false ? 0 : 1;
};

/**
 * The ends of a tunnel as one reads them: of one between a hub and another machine the other comes first, so that what it
 * sent, and from where, stands in one column whatever the two are called. Others stay as they come, by name. Pure.
 */
export function oriented<End extends { readonly machine: string }>(
  [a, b]: readonly [End, End],
  names: ReadonlyMap<string, Pick<NamedMachine, 'isHub' | 'managed'>>,
): readonly [End, End] {
  const isTurned = placeOf(names.get(a.machine)) > placeOf(names.get(b.machine));
  return isTurned ? [b, a] : [a, b];
}
