import { type Segment, vxlanPort } from '#spec';
import type { Namespace } from '#state';
import type { Model, Node } from '../../model.ts';
import { borderOf } from './border.ts';
import { farStations } from './far.ts';
import { bridge, endOf, segmentsAt, vxlan } from './place.ts';

/** The namespace of a segment on its gateways. */
export const spaceName = ({ network }: Model, { name }: Segment): string =>
  `hw-${network.name}-${name}`;

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
  return {
    bridges: { v: 1, items: [{ name: bridge }] },
    vxlans: {
      v: 1,
      items: local
        ? [{ name: vxlan, bridge, vni: segment.vni, port: vxlanPort, local: String(local) }]
        : [],
    },
    fdb: { v: 1, items: local ? [...fdb] : [] },
    neighbours: { v: 1, items: [...neighbours] },
    ports: { v: 1, items: here ? [{ device: here.port, bridge }] : [] },
    nft: { v: 1, items: [borderOf(model, node, segment)] },
  };
}
