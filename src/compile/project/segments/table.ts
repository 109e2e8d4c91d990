import { by } from '#base';
import { type Segment, tablePort } from '#spec';
import type { Table } from '#state';
import type { Model, Node } from '../../model.ts';
import { bridge, endOf, gatewaysOf, vxlan } from './place.ts';

/**
 * With whom a gateway keeps the table of a segment. None where it has no overlay address yet, in proxy mode, and of members:
 * there the file alone says who is where.
 */
export function tablesOf(model: Model, node: Node, segment: Segment): readonly Table[] {
  const local = endOf(model, node);
  const site = node.unit.name;
  const bridged = new Set(
    segment.sites.flatMap((one) => (one.mode === 'bridge' ? [one.site] : [])),
  );
  if (!local || !bridged.has(site)) return [];
  const peers = [...gatewaysOf(model, segment)].flatMap(([there, gateway]) => {
    if (!bridged.has(there)) return [];
    const address = gateway !== node && gateway.machine.managed && endOf(model, gateway);
    return address ? [{ site: there, address: String(address) }] : [];
  });
  const own = segment.stations
    .filter((station) => station.site === site)
    .map(({ name, mac, addresses }) => ({ name, mac, addresses: addresses.map(String) }));
  const alone = membersOf(model, segment);
  return [
    {
      segment: segment.name,
      site,
      local: String(local),
      port: tablePort,
      bridge,
      vxlan,
      subnets: segment.subnets.map(String),
      pairs: { table: `hawser-${model.network.name}`, near: 'near', far: 'far' },
      peers: peers.sort(by((peer) => peer.site)),
      own,
      ...(alone.length > 0 && { alone }),
    },
  ];
}

function membersOf(model: Model, { sites }: Segment): NonNullable<Table['alone']> {
  const members = gatewaysOf(model, { sites: sites.filter(({ mode }) => mode === 'alone') });
  return [...members]
    .flatMap(([name, node]) => {
      const address = endOf(model, node);
      return address ? [{ name, address: String(address) }] : [];
    })
    .sort(by(({ name }) => name));
}
