import { by } from '#base';
import type { Segment } from '#spec';
import type { FdbEntry, Neighbour } from '#state';
import type { Model, Node } from '../../model.ts';
import { bridge, endOf, gatewaysOf, vxlan } from './place.ts';

interface Far {
  readonly fdb: readonly FdbEntry[];
  readonly neighbours: readonly Neighbour[];
}

/** The machines at the other sites of a segment, and behind whom they are. */
export function farStations(model: Model, node: Node, segment: Segment): Far {
  const gateways = gatewaysOf(model, segment);
  const far = segment.stations.filter(({ site }) => site !== node.unit.name);
  const fdb = far.flatMap(({ site, mac }) => {
    const gateway = gateways.get(site);
    const to = gateway && endOf(model, gateway);
    return to ? [{ device: vxlan, mac, to: String(to) }] : [];
  });
  const neighbours = far.flatMap(({ addresses, mac }) =>
    addresses.map((address) => ({ device: bridge, address: String(address), mac })),
  );
  return {
    fdb: fdb.sort(by(({ mac }) => mac)),
    neighbours: neighbours.sort(by(({ address }) => address)),
  };
}
