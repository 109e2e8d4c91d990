import { Prefix } from '#ip';
import type { Route } from '#state';

/** Prefixes of routes, to find the longest that holds another. */
class Lengths {
  readonly #byText: ReadonlyMap<string, Route>;
  readonly #lengths: readonly number[];

  constructor(routes: readonly Route[]) {
    this.#byText = new Map(routes.map((route) => [route.prefix, route]));
    const lengths = new Set(routes.map(({ prefix }) => Prefix.parse(prefix).length));
    this.#lengths = [...lengths].sort((a, b) => b - a);
  }

  around(prefix: Prefix): Route | undefined {
    for (const length of this.#lengths) {
      if (length > prefix.length) continue;
      const found = this.#byText.get(`${Prefix.of(prefix.first, length)}`);
      if (found) return found;
    }
    return undefined;
  }
}

/**
 * Routes of which those that lead to some prefixes go by another device, or without one by the tunnel that
 * carries the prefix: what lies within a prefix moves, and a prefix within a route gets one of its own. Pure.
 */
export function divert(
  routes: readonly Route[],
  from: string,
  to: string | undefined,
  prefixes: readonly Prefix[],
): readonly Route[] {
  const device = (prefix: string): NonNullable<Route['device']> => to ?? { carrying: prefix };
  const inner = new Lengths(prefixes.map((prefix) => ({ prefix: `${prefix}`, table: 0 })));
  const outer = new Lengths(routes);
  const known = new Set(routes.map(({ prefix }) => prefix));
  const moved = routes.map((route) => {
    const around = route.device === from ? inner.around(Prefix.parse(route.prefix)) : undefined;
    return around ? { ...route, device: device(around.prefix) } : route;
  });
  const added = prefixes.flatMap((prefix): Route[] => {
    const text = `${prefix}`;
    const around = known.has(text) ? undefined : outer.around(prefix);
    return around?.device === from ? [{ ...around, prefix: text, device: device(text) }] : [];
  });
  return [...moved, ...added];
}
