import { canonicalJson } from '#base';
import { stateErrors } from './errors.ts';
import { parseHostState } from './parse.ts';
import type { HostState } from './schema.ts';

/**
 * What makes one JSON value into another, itself JSON. `set`: another value. `in`: members that differ,
 * `del`: those that are gone. `list`: the new list, put together from the old one.
 */
export type Delta =
  | { readonly set: unknown }
  | { readonly in: Readonly<Record<string, Delta>>; readonly del?: readonly string[] }
  | { readonly list: readonly Piece[] };

/** A part of a new list: so many old elements from an index on, one old element changed, or new ones. */
type Piece =
  | readonly [from: number, count: number]
  | { readonly index: number; readonly edit: Delta }
  | { readonly add: unknown[] };

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const member = (fields: Fields, key: string): unknown =>
  Object.hasOwn(fields, key) ? fields[key] : undefined;

/** The delta of two values, undefined where they are equal. */
function between(before: unknown, after: unknown): Delta | undefined {
  if (before === after) return undefined;
  if (Array.isArray(before) && Array.isArray(after)) return betweenLists(before, after);
  if (isObject(before) && isObject(after)) return betweenObjects(before, after);
  return isEqual(before, after) ? undefined : { set: after };
}

function betweenObjects(before: Fields, after: Fields): Delta | undefined {
  const changed: [string, Delta][] = [];
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const old = member(before, key);
    const delta = old === undefined ? { set: value } : between(old, value);
    if (delta) changed.push([key, delta]);
  }
  const del = Object.keys(before).filter(
    (key) => before[key] !== undefined && member(after, key) === undefined,
  );
  if (changed.length === 0 && del.length === 0) return undefined;
  return { in: Object.fromEntries(changed), ...(del.length > 0 && { del }) };
}

/** Indices of old elements by a key, each handed out once, in order. */
class Supply {
  readonly #indices: ReadonlyMap<string, number[]>;

  constructor(indices: readonly number[], keyOf: (index: number) => string) {
    this.#indices = Map.groupBy(indices, keyOf);
    for (const group of this.#indices.values()) group.reverse();
  }

  take(key: string): number | undefined {
    return this.#indices.get(key)?.pop();
  }
}

/** Two elements that differ are likely one thing changed if they have one name, or none. */
function nameOf(element: unknown): string {
  if (!isObject(element)) return typeof element;
  const name = member(element, 'name');
  return typeof name === 'string' ? `name ${name}` : 'object';
}

const adding = (value: unknown): Piece => ({ add: [value] });

/** An old element changed into a new one, where that says it in fewer bytes. */
function editing(before: readonly unknown[], index: number, value: unknown): Piece {
  if (typeof value !== 'object') return adding(value);
  const piece: Piece = { index, edit: between(before[index], value) ?? { in: {} } };
  return JSON.stringify(piece).length < JSON.stringify(value).length ? piece : adding(value);
}

/** Whether two JSON values say the same: quicker than to compare their texts. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!isEqual(a[i] ?? null, b[i] ?? null)) return false;
    return true;
  }
  return isObject(a) && isObject(b) && !Array.isArray(b) && isEqualObject(a, b);
}

function isEqualObject(a: Fields, b: Fields): boolean {
  let left = 0;
  for (const key in a) {
    const value = a[key];
    if (value === undefined) continue;
    if (!Object.hasOwn(b, key) || !isEqual(value, b[key])) return false;
    left++;
  }
  for (const key in b) if (b[key] !== undefined) left--;
  return left === 0;
}

/** Lists from this length on are what many states share, and are compared once. */
const shared = 64;

/** For a list, another one and what makes it of the first. */
const known = new WeakMap<readonly unknown[], { after: readonly unknown[]; delta?: Delta }>();

function betweenLists(before: readonly unknown[], after: readonly unknown[]): Delta | undefined {
  if (Math.min(before.length, after.length) < shared) return compareLists(before, after);
  const found = known.get(before);
  if (found?.after === after) return found.delta;
  const delta = compareLists(before, after);
  known.set(before, { after, ...(delta && { delta }) });
  return delta;
}

function compareLists(before: readonly unknown[], after: readonly unknown[]): Delta | undefined {
  const least = Math.min(before.length, after.length);
  let from = 0;
  while (from < least && isEqual(before[from], after[from])) from++;
  if (from === before.length && from === after.length) return undefined;
  let same = 0;
  while (same < least - from && isEqual(before.at(-1 - same), after.at(-1 - same))) same++;
  const end = before.length - same;
  const middle = betweenMiddles(before, { from, end }, after.slice(from, after.length - same));
  return { list: joined([...span(0, from), ...middle, ...span(end, same)]) };
}

const span = (from: number, count: number): readonly Piece[] => (count > 0 ? [[from, count]] : []);

/** The pieces that make what lies between what both lists begin and end with. */
function betweenMiddles(
  before: readonly unknown[],
  { from, end }: { readonly from: number; readonly end: number },
  after: readonly unknown[],
): readonly Piece[] {
  if (after.length === 1 && end - from === 1) return [changing(before, from, after[0])];
  const indices = Array.from({ length: end - from }, (_, i) => from + i);
  const equal = new Supply(indices, (index) => canonicalJson(before[index]));
  const found = after.map((element) => equal.take(canonicalJson(element)));
  const kept = new Set(found);
  const others = new Supply(
    indices.filter((index) => !kept.has(index)),
    (index) => nameOf(before[index]),
  );
  return after.map((value, i): Piece => {
    const at = found[i];
    if (at !== undefined) return [at, 1];
    const other = others.take(nameOf(value));
    return other === undefined ? adding(value) : editing(before, other, value);
  });
}

/** An old element or, if it has another name, a new one in its place. */
const changing = (before: readonly unknown[], index: number, value: unknown): Piece =>
  nameOf(before[index]) === nameOf(value) ? editing(before, index, value) : adding(value);

/** Neighbouring pieces that can be said as one. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    const both = last && joinedPair(last, piece);
    if (both) result[result.length - 1] = both;
    else result.push(piece);
  }
  return result;
}

function joinedPair(a: Piece, b: Piece): Piece | undefined {
  if ('add' in a && 'add' in b) {
    for (const element of b.add) a.add.push(element);
    return a;
  }
  if ('add' in a || 'add' in b || 'index' in a || 'index' in b) return undefined;
  return a[0] + a[1] === b[0] ? [a[0], a[1] + b[1]] : undefined;
}

const misfit = (why: string) => stateErrors.error('state/delta-misfit', { why });

function applied(value: unknown, delta: Delta): unknown {
  if (!isObject(delta)) throw misfit('it has a form that is not known here');
  if ('set' in delta) return delta.set;
  if ('list' in delta) return appliedList(value, delta.list);
  return appliedObject(value, delta.in, delta.del ?? []);
}

function appliedObject(
  value: unknown,
  changed: Readonly<Record<string, Delta>>,
  del: readonly string[],
): Fields {
  if (!isObject(value)) throw misfit('it changes members of what is no object');
  const gone = new Set(del);
  const kept = Object.entries(value).filter(([key]) => !gone.has(key));
  const fields = new Map(kept);
  for (const [key, delta] of Object.entries(changed)) {
    fields.set(key, applied(member(value, key), delta));
  }
  return Object.fromEntries([...fields].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function appliedList(value: unknown, pieces: readonly Piece[]): readonly unknown[] {
  if (!Array.isArray(value)) throw misfit('it changes elements of what is no list');
  const old: readonly unknown[] = value;
  const at = (index: number): unknown => {
    if (index in old) return old[index];
    throw misfit(`it asks for element ${index} of ${old.length}`);
  };
  return pieces.flatMap((piece): readonly unknown[] => {
    if ('add' in piece) return piece.add;
    if ('index' in piece) return [applied(at(piece.index), piece.edit)];
    const [from, count] = piece;
    at(from + count - 1);
    return old.slice(from, from + count);
  });
}

/**
 * What makes one state into another: small where little changed, whatever its place. Plain JSON;
 * `applyDelta(a, delta(a, b))` has the hash of `b`. Pure.
 */
export const delta = (before: HostState, after: HostState): Delta =>
  between(before, after) ?? { in: {} };

/**
 * The state after a delta that came over a wire; the sender's hash says whether it is the right one.
 * @throws state/delta-misfit where it was made for another state; state/... of `parseHostState`
 */
export function applyDelta(state: HostState, change: unknown): HostState {
  let value: unknown;
  try {
    value = applied(state, change as Delta);
  } catch (cause) {
    if (cause instanceof TypeError) throw misfit('it has a form that is not known here');
    throw cause;
  }
  return parseHostState(value);
}
