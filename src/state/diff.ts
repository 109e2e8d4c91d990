import { by, byText } from '#base';
import type { Change, EditOf } from './change.ts';
import { impactOfChange, impactOfRemoval } from './impact.ts';
import { type Facility, facilities, type ItemTypes } from './items.ts';
import { withMoves } from './moves.ts';
import { differences } from './same.ts';
import { type NamespaceView, nothing, type View } from './view.ts';

/** Edits of one facility, each ready to be told; sorted by id. */
function editsOf<F extends Facility>(
  namespace: string,
  facility: F,
  before: ReadonlyMap<string, ItemTypes[F]>,
  after: ReadonlyMap<string, ItemTypes[F]>,
): EditOf<F>[] {
  const edits: EditOf<F>[] = [];
  const about = { namespace, facility } as const;
  for (const [id, item] of after) {
    const old = before.get(id);
    if (old === undefined) {
      edits.push({ ...about, id, kind: 'add', after: item, impact: 'none', why: 'not there' });
      continue;
    }
    const fields = old === item ? [] : differences(old, item);
    if (fields.length === 0) continue;
    const impact = impactOfChange[facility](old, item);
    const why = `other ${fields.join(', ')}`;
    edits.push({ ...about, id, kind: 'change', before: old, after: item, impact, why });
  }
  for (const [id, item] of before) {
    if (after.has(id)) continue;
    const impact = impactOfRemoval(facility, item);
    edits.push({ ...about, id, kind: 'remove', before: item, impact, why: 'no longer wanted' });
  }
  return edits.sort(by((edit) => edit.id));
}

function changesIn(name: string, before: NamespaceView, after: NamespaceView): Change[] {
  return facilities.flatMap((facility): Change[] => {
    if (facility === 'peers') return withMoves(editsOf(name, facility, before.peers, after.peers));
    return editsOf<Facility>(name, facility, before[facility], after[facility]) as Change[];
  });
}

/**
 * What makes one view of a machine into another: the text of a plan, the host's operations and the
 * audit entry are all made from it. Sorted by namespace, facility (in their order) and id; pure.
 */
export function diff(before: View, after: View): Change[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort(byText);
  return names.flatMap((name) =>
    changesIn(name, before.get(name) ?? nothing, after.get(name) ?? nothing),
  );
}
