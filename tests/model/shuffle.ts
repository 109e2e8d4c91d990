import type { Draft } from './draft.ts';

/** Keys whose order in the file means something: who comes first carries the subnets. */
const ordered = new Set(['gateways', 'nodes']);
/** Lists whose order means nothing. */
const loose = new Set(['overlay', 'subnets', 'tags', 'address', 'pods', 'links']);

/** The same network, written down in another order. */
export function shuffled(draft: Draft, seed: number): Draft {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const mix = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, place: random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  const visit = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) {
      const items = value.map((item) => visit(item, ''));
      return loose.has(key) ? mix(items) : items;
    }
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).map(
      ([name, inner]) => [name, visit(inner, name)] as const,
    );
    return Object.fromEntries(ordered.has(key) ? entries : mix(entries));
  };
  return visit(draft, '') as Draft;
}
