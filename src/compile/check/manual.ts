import type { Route } from '#state';
import type { Model } from '../model.ts';
import { hostRoutes, siteRouterRoutes } from '../project/host-routes.ts';

/**
 * The routes that a person has to set, by who needs them: hosts whose routes nobody else sets, and a
 * site's own router where a host has no gateway of ours in its subnet.
 */
export function manualRoutes(model: Model): ReadonlyMap<string, readonly Route[]> {
  const manual = [...model.hostsByName.values()].filter((host) => host.routes === 'manual');
  const ofHosts = manual.map((host) => [host.name, hostRoutes(model, host.name)] as const);
  const behind = manual.filter((_, i) => ofHosts[i]?.[1].length === 0);
  const routers = [...new Set(behind.map((host) => host.site))].sort();
  const ofRouters = routers.map(
    (site) => [`the router of ${site}`, siteRouterRoutes(model, site)] as const,
  );
  return new Map([...ofHosts, ...ofRouters]);
}

/** How a person sets such a route: as it should be, whatever was there. */
export const routeLine = ({ prefix, via }: Route): string =>
  `ip route replace ${prefix} via ${via}`;
