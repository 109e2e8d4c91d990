import type { Address } from '#ip';
import type { Router, Segment } from '#spec';
import { carrierOf, type Model, type Node } from '../model.ts';
import { spaceNamed } from '../project/routers/place.ts';
import { gatewaysOf } from '../project/segments/place.ts';
import { spaceName } from '../project/segments/space.ts';
import { serversIn } from '../trace/server.ts';

/** Whoever of ours has addresses in a segment, and so may send there. */
export interface Voice {
  readonly name: string;
  readonly site: string;
  readonly node: Node;
  readonly space?: string;
  readonly addresses: readonly Address[];
  readonly router?: Router;
  /** It hears no answers but those to pings. */
  readonly onlyPings?: true;
}

/** The sites of a segment that have a port. */
export const portsOf = (model: Model, segment: Segment) =>
  [...gatewaysOf(model, segment)].flatMap(([site, node]) => {
    const isAlone = segment.sites.some((one) => one.site === site && one.mode === 'alone');
    return isAlone || !node.machine.managed ? [] : [{ site, node }];
  });

/** DHCP servers and routers of ours, and members that are in it alone. */
export function voicesIn(model: Model, segment: Segment): readonly Voice[] {
  const gateways = gatewaysOf(model, segment);
  const space = spaceName(model, segment);
  const servers = serversIn(model, segment).flatMap(({ name, site, addresses }): Voice[] => {
    const node = gateways.get(site);
    return node ? [{ name, site, node, space, addresses, onlyPings: true }] : [];
  });
  const members = segment.stations.flatMap(({ name, site, addresses }): Voice[] => {
    const node = name === site ? model.nodesByName.get(name) : undefined;
    return node ? [{ name, site, node, addresses }] : [];
  });
  const routers = routersOf(model, segment).flatMap((router): Voice[] => {
    const unit = router.external === undefined && model.unitsByName.get(router.site);
    if (!unit) return [];
    const { name, site } = router;
    const { routers: addresses } = segment;
    return [
      { name, site, node: carrierOf(unit), space: spaceNamed(model, name), addresses, router },
    ];
  });
  return [...servers, ...routers, ...members].filter(({ node }) => node.machine.managed);
}

export const routersOf = ({ network }: Model, { name }: Segment): readonly Router[] =>
  network.routers.filter(({ segments }) => segments.includes(name));
