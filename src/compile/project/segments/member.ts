import { Prefix, PrefixSet } from '#ip';
import type { Segment } from '#spec';
import type { Namespace, Route, Veth } from '#state';
import type { Model, Node } from '../../model.ts';
import { deviceIn, segmentsOf } from '../routers/place.ts';
import { segmentMtu } from './mtu.ts';
import { bridge, endOfMember, segmentsAt } from './place.ts';

/**
 * Where a member is in a segment: a pair of devices, one on the bridge of its namespace, the other with its addresses and
 * what fits among its own devices.
 */
export function memberEnd(model: Model, node: Node, segment: Segment): Pick<Namespace, 'veths'> {
  const self = segment.stations.find(({ site }) => site === node.unit.name);
  if (!self) return {};
  const mtu = segmentMtu(model, node, segment);
  const pair: Veth = {
    name: endOfMember,
    mac: endMac(self.mac),
    bridge,
    peer: {
      namespace: 'root',
      name: deviceIn(segment),
      mac: self.mac,
      ...(mtu !== undefined && { mtu }),
      addresses: self.addresses.flatMap((address) => {
        const subnet = segment.subnets.find((one) => one.contains(address));
        return subnet ? [`${address}/${subnet.length}`] : [];
      }),
    },
  };
  return { veths: { v: 2, items: [pair] } };
}

/** Of the end on the bridge, which nobody calls: that of the other, of another kind. */
const endMac = (mac: string): string => mac.replace(/^02:6d/, '02:6e');

/**
 * What a member reaches by a router of ours in its segment: the ranges on the list, and the router's other segments; never the
 * ends of its own tunnels, `peers`, by which it gets there.
 */
export function waysOut(
  model: Model,
  node: Node,
  peers: readonly { readonly node: Node }[],
): readonly (Route & { readonly device: string })[] {
  if (node.unit.site) return [];
  const ends = peers.flatMap(({ node: { machine } }) => machine.endpoint?.address ?? []);
  const tunnels = PrefixSet.of(ends.map((end) => Prefix.single(end)));
  return segmentsAt(model, node).flatMap((segment) => {
    const own = segment.stations.find(({ site }) => site === node.unit.name)?.addresses ?? [];
    const reached = PrefixSet.of(beyond(model, segment)).subtract(tunnels).prefixes();
    return reached.flatMap((prefix) => {
      const has = (one: { readonly family: number }): boolean => one.family === prefix.family;
      const via = own.some(has) ? segment.routers.find(has) : undefined;
      const way = { prefix: `${prefix}`, device: deviceIn(segment), table: 254 };
      return via ? [{ ...way, via: `${via}` }] : [];
    });
  });
}

/** The ranges to which routers of ours lead from a segment. What names stand for, and all of the internet, are none. */
const beyond = (model: Model, segment: Segment): readonly Prefix[] =>
  model.network.routers
    .filter(({ segments }) => segments.includes(segment.name))
    .flatMap((router) => [
      ...router.egress.flatMap(({ to }) => to ?? []),
      ...segmentsOf(model, router)
        .filter((other) => other !== segment)
        .flatMap(({ subnets }) => subnets),
    ]);
