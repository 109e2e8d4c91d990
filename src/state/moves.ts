import { by, byText } from '#base';
import type { EditOf, Move } from './change.ts';
import type { PeerItem } from './items.ts';

type PeerEdit = EditOf<'peers'>;

const peerOf = (edit: PeerEdit): PeerItem => (edit.kind === 'remove' ? edit.before : edit.after);
const had = (edit: PeerEdit): readonly string[] =>
  edit.kind === 'add' ? [] : edit.before.allowedIps;
const has = (edit: PeerEdit): readonly string[] =>
  edit.kind === 'remove' ? [] : edit.after.allowedIps;

/** Groups of items that are linked, however indirectly. */
class Groups<T> {
  readonly #parents = new Map<T, T>();

  root(item: T): T {
    let at = item;
    for (let up = this.#parents.get(at); up !== undefined; up = this.#parents.get(at)) at = up;
    return at;
  }

  link(a: T, b: T): void {
    const [from, to] = [this.root(a), this.root(b)];
    if (from !== to) this.#parents.set(from, to);
  }
}

interface Handover {
  readonly prefix: string;
  readonly from: PeerEdit;
  readonly to: PeerEdit;
}

/** Prefixes that one of these peers had and another will have. */
function handovers(edits: readonly PeerEdit[]): Handover[] {
  const holders = new Map<string, PeerEdit>();
  for (const edit of edits) {
    for (const prefix of had(edit)) holders.set(`${peerOf(edit).interface} ${prefix}`, edit);
  }
  const found: Handover[] = [];
  for (const to of edits) {
    for (const prefix of has(to)) {
      const from = holders.get(`${peerOf(to).interface} ${prefix}`);
      if (from !== undefined && from !== to) found.push({ prefix, from, to });
    }
  }
  return found;
}

function moveOf(edits: readonly PeerEdit[], handed: readonly Handover[]): Move {
  const losers = new Set(handed.map(({ from }) => from));
  const ordered = edits.toSorted(
    (a, b) => Number(losers.has(b)) - Number(losers.has(a)) || byText(a.id, b.id),
  );
  const namespace = ordered[0]?.namespace ?? '';
  const prefixes = handed.map(({ prefix }) => prefix).sort(byText);
  return {
    namespace,
    facility: 'peers',
    id: edits.map((edit) => edit.id).sort(byText)[0] ?? '',
    kind: 'move',
    before: ordered.flatMap((edit) => (edit.kind === 'add' ? [] : [edit.before])),
    after: ordered.flatMap((edit) => (edit.kind === 'remove' ? [] : [edit.after])),
    impact: 'session',
    why: `${prefixes.join(', ')} goes to another peer`,
  };
}

/** Joins the edits between which prefixes change hands into moves; sorted by id. */
export function withMoves(edits: readonly PeerEdit[]): (PeerEdit | Move)[] {
  const handed = handovers(edits);
  if (handed.length === 0) return [...edits];
  const groups = new Groups<PeerEdit>();
  for (const { from, to } of handed) groups.link(from, to);
  const moving = new Set(handed.flatMap(({ from, to }) => [from, to]));
  const members = Map.groupBy(moving, (edit) => groups.root(edit));
  const handedIn = Map.groupBy(handed, ({ from }) => groups.root(from));
  const moves = [...members].map(([root, group]) => moveOf(group, handedIn.get(root) ?? []));
  return [...edits.filter((edit) => !moving.has(edit)), ...moves].sort(by((change) => change.id));
}
