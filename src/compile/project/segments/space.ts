import { type Segment, type SegmentSite, vxlanPort } from '#spec';
import type { Namespace } from '#state';
import type { Model, Node } from '../../model.ts';
import { bordersOf } from './border.ts';
import { dhcpAt } from './dhcp.ts';
import { farStations, floodsOf } from './far.ts';
import { memberEnd } from './member.ts';
import { bridge, endOf, portOf, segmentsAt, vxlan } from './place.ts';
import { policedBy, shownBridged } from './policed.ts';
import { proxiedSite, proxyMac } from './proxied.ts';
import { tablesOf } from './table.ts';

/** The namespace of a segment on its gateways. */
export const spaceName = (
  { network }: Pick<Model, 'network'>,
  { name }: Pick<Segment, 'name'>,
): string => `hw-${network.name}-${name}`;

/** The namespaces of the segments that a machine carries. */
export function segmentSpaces(model: Model, node: Node): Readonly<Record<string, Namespace>> {
  return Object.fromEntries(
    segmentsAt(model, node).map((segment) => [
      spaceName(model, segment),
      spaceOf(model, node, segment),
    ]),
  );
}

function spaceOf(model: Model, node: Node, segment: Segment): Namespace {
  const local = endOf(model, node);
  const here = segment.sites.find(({ site }) => site === node.unit.name);
  const { fdb, neighbours } = farStations(model, node, segment);
  const proxied = here?.mode === 'proxy' ? proxiedSite(model, segment, here) : undefined;
  const mac = proxied && here ? { mac: proxyMac(model, segment, here.site) } : {};
  const borders = bordersOf(model, node, segment);
  const server = here && dhcpAt(model, node, segment, here);
  const floods = floodsOf(model, node, segment);
  const shown = shownBridged(model, segment, here);
  const flood = floods.length > 0 && { flood: true };
  return {
    ...proxied,
    bridges: { v: 1, items: [{ name: bridge, ...mac, ...server?.bridge }] },
    ...server?.namespace,
    ...(shown.length > 0 && {
      sysctls: { v: 1, items: [...(server?.namespace.sysctls?.items ?? []), ...shown] },
    }),
    vxlans: {
      v: 1,
      items: local
        ? [
            {
              name: vxlan,
              bridge,
              vni: segment.vni,
              port: vxlanPort,
              local: String(local),
              ...flood,
            },
          ]
        : [],
    },
    fdb: { v: 1, items: local ? [...fdb] : [] },
    ...(local && flood && { floods: { v: 1 as const, items: [...floods] } }),
    neighbours: { v: 1, items: [...neighbours, ...(proxied?.neighbours.items ?? [])] },
    ...(here && (here.mode === 'alone' ? memberEnd(model, node, segment) : portsOf(here))),
    nft: {
      v: 1,
      items: [...(server ? server.guarded(borders) : borders), ...policedBy(model, segment, here)],
    },
    ...tablesOf(model, node, segment),
  };
}

/** The port itself, or what it has for the tag. It is on the bridge unless it is routed to. */
function portsOf(here: SegmentSite): Pick<Namespace, 'ports' | 'vlans'> {
  const on = here.mode === 'bridge' ? { bridge } : {};
  const { port, vlan } = here;
  if (vlan === undefined) return { ports: { v: 1, items: [{ device: port, ...on }] } };
  return { vlans: { v: 1, items: [{ name: portOf(here), parent: port, tag: vlan, ...on }] } };
}
