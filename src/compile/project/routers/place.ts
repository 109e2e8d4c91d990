import { shortHash } from '#base';
import type { Family } from '#ip';
import type { Egress, Router, Segment } from '#spec';
import type { Model, Node } from '../../model.ts';

/** Names of devices in the namespace of a router: its way out, and its end in each segment. */
export const uplink = 'uplink';
export const deviceIn = ({ vni }: Segment): string => `vni${vni}`;

/** Of what leaves by the uplink though no route of the list leads there: it has a table of its own. */
export const outwardMark = 1;
export const outwardTable = 100;

/** Whether what leaves may be for anybody: for who came in by a forward, or for who has a name at the moment. */
export const leadsOutward = ({ forwards, egress }: Router, family: Family): boolean =>
  forwards.some(({ to }) => to.family === family) || egress.some(({ host }) => host !== undefined);

/** Everything outside. */
export const isInternet = ({ to, host }: Egress): boolean => !to && host === undefined;

/** The other end in a segment: one segment has one router of ours at most. */
export const endInSegment = 'router';

/** Letters of a device's name (IFNAMSIZ, without the zero). */
const mostInName = 15;

/** The other end of the way out, in the gateway's own namespace. */
export function endOutside({ name }: Router): string {
  const plain = `out-${name}`;
  return plain.length <= mostInName ? plain : `out-${name.slice(0, 2)}-${shortHash(name)}`;
}

/** Of those that nobody sells (the second bit); the same whenever it is made. */
export const macOf = ({ network }: Model, router: string, device: string): string =>
  ['02', '72', ...(shortHash(`${network.name}/${router}/${device}`).match(/../g) ?? [])].join(':');

/** The routers that a machine has. */
export const routersAt = (
  { network }: Model,
  { isCarrier, unit, machine }: Node,
): readonly Router[] =>
  isCarrier && unit.site && machine.managed
    ? network.routers.filter(({ site }) => site === unit.name)
    : [];

/** The router in which a machine's tunnels live, in a namespace of others. */
export const tunnelRouter = (model: Model, node: Node): Router | undefined =>
  routersAt(model, node).find(({ tunnel }) => tunnel);

/** The namespace in which a machine's tunnels live: what has no part of the network in its own has one. */
export const tunnelSpace = (model: Model, node: Node): string | undefined =>
  tunnelRouter(model, node)?.external;

/** The segments of a router. */
export const segmentsOf = ({ network }: Model, { segments }: Router): readonly Segment[] =>
  network.segments.filter(({ name }) => segments.includes(name));

/** The namespace of a segment, or of a router. */
export const spaceNamed = ({ network }: Model, name: string): string =>
  `hw-${network.name}-${name}`;
