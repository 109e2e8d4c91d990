import { Address, Prefix } from '#ip';
import type { Route } from '#state';

/** The gateway of the longest prefix that holds the destination. */
export function bestRoute(routes: readonly Route[], destination: Address): Address | undefined {
  let best: { readonly length: number; readonly via: string } | undefined;
  for (const route of routes) {
    const prefix = Prefix.parse(route.prefix);
    if (route.via === undefined || !prefix.contains(destination)) continue;
    if (!best || prefix.length > best.length) best = { length: prefix.length, via: route.via };
  }
  return best && Address.parse(best.via);
}
