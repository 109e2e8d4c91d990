import type { Change } from './change.ts';
import { type Facility, type ItemTypes, idOf } from './items.ts';
import { type NamespaceBuilder, putItem, type View, ViewBuilder } from './view.ts';

interface Replacement<F extends Facility> {
  readonly facility: F;
  readonly before: readonly ItemTypes[F][];
  readonly after: readonly ItemTypes[F][];
}

function replacementOf(change: Change): Replacement<Facility> {
  const { facility } = change;
  if (change.kind === 'move') return { facility, before: change.before, after: change.after };
  return {
    facility,
    before: change.kind === 'add' ? [] : [change.before],
    after: change.kind === 'remove' ? [] : [change.after],
  };
}

function replace<F extends Facility>(items: NamespaceBuilder, r: Replacement<F>): void {
  for (const item of r.before) items[r.facility].delete(idOf[r.facility](item));
  for (const item of r.after) putItem(items, r.facility, item);
}

/** The view after the changes: `patch(a, diff(a, b))` says what `b` says. */
export function patch(view: View, changes: readonly Change[]): View {
  const builder = new ViewBuilder();
  builder.merge(view);
  for (const change of changes) replace(builder.namespace(change.namespace), replacementOf(change));
  return builder.view;
}
