import type { Segment } from '#spec';
import type { Namespace, Veth } from '#state';
import type { Model, Node } from '../../model.ts';
import { deviceIn } from '../routers/place.ts';
import { segmentMtu } from './mtu.ts';
import { bridge, endOfMember } from './place.ts';

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
