import { type Address, PrefixSet } from '#ip';
import type { Host } from '#spec';
import type { Route } from '#state';
import {
  carrierOf,
  carrierOfHost,
  lanAddress,
  type Model,
  type Node,
  unknownMachine,
} from '../model.ts';
import { mainTable } from './routes.ts';

/** What a plain host needs: the way to everything that is not its own site's, through the carrier. */
export function hostRoutes(model: Model, hostName: string): readonly Route[] {
  const host = hostNamed(model, hostName);
  const carrier = carrierOfHost(model, host);
  if (!carrier) return [];
  return routesVia(model, carrier, (via) =>
    host.addresses.some(({ local }) => onLink(carrier, local, via)),
  );
}

/** What the router of a site's network needs so that hosts of its other subnets find the gateway. */
export function siteRouterRoutes(model: Model, siteName: string): readonly Route[] {
  const unit = model.unitsByName.get(siteName);
  return unit ? routesVia(model, carrierOf(unit), () => true) : [];
}

export function hostNamed(model: Model, name: string): Host {
  const host = model.hostsByName.get(name);
  if (host) return host;
  throw unknownMachine(model, name);
}

/** As few routes as say it all: people type them. */
function routesVia(model: Model, carrier: Node, usable: (via: Address) => boolean): Route[] {
  const own = PrefixSet.of([
    ...(carrier.unit.site?.subnets.map((subnet) => subnet.local) ?? []),
    ...carrier.unit.nodes.flatMap((node) => node.machine.pods),
  ]);
  const elsewhere = model.inside.subtract(own).prefixes();
  return elsewhere.flatMap((prefix): Route[] => {
    const via = lanAddress(carrier, prefix.family);
    if (!via || !usable(via)) return [];
    return [{ prefix: prefix.toString(), via: via.toString(), table: mainTable }];
  });
}

/** Whether two addresses share one subnet of the carrier's site, so that no router is between them. */
const onLink = (carrier: Node, a: Address, b: Address): boolean =>
  carrier.unit.site?.subnets.some(({ local }) => local.contains(a) && local.contains(b)) ?? false;
