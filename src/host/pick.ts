import type { Change, EditOf, Facility, ItemTypes, Move } from '#state';

/** The additions and changes of one facility, as what they lead to. */
export function wishesOf<F extends Facility>(
  changes: readonly Change[],
  facility: F,
): { readonly change: EditOf<F>; readonly item: ItemTypes[F]; readonly before?: ItemTypes[F] }[] {
  return editsOf(changes, facility).flatMap((change) => {
    if (change.kind === 'remove') return [];
    const { before, after } = change as { before?: ItemTypes[F]; after: ItemTypes[F] };
    return [before === undefined ? { change, item: after } : { change, item: after, before }];
  });
}

/** The removals of one facility. */
export function removalsOf<F extends Facility>(
  changes: readonly Change[],
  facility: F,
): { readonly change: EditOf<F>; readonly item: ItemTypes[F] }[] {
  return editsOf(changes, facility).flatMap((change) =>
    change.kind === 'remove' ? [{ change, item: (change as { before: ItemTypes[F] }).before }] : [],
  );
}

export const editsOf = <F extends Facility>(changes: readonly Change[], facility: F): EditOf<F>[] =>
  changes.filter(
    (change): change is Change & EditOf<F> =>
      change.facility === facility && change.kind !== 'move',
  );

export const movesOf = (changes: readonly Change[]): Move[] =>
  changes.filter((change): change is Move => change.kind === 'move');
