import { by } from '#base';
import { type Segment, type SegmentSite, tablePort } from '#spec';
import type { Namespace, Table } from '#state';
import type { Model, Node } from '../../model.ts';
import { bridge, endOf, gatewaysOf, portOf, vxlan } from './place.ts';
import { proxyMac } from './proxied.ts';
import { isOurRouter, stationsOf } from './stations.ts';

type Tables = Pick<Namespace, 'tables'>;

/**
 * With whom a gateway keeps the table of a segment. None where it has no overlay address yet, and of members: of
 * those the file alone says who they are.
 */
export function tablesOf(model: Model, node: Node, segment: Segment): Required<Tables> {
  const items = tablesAt(model, node, segment);
  return { tables: { v: items.some(({ routed }) => routed) ? 2 : 1, items: [...items] } };
}

function tablesAt(model: Model, node: Node, segment: Segment): readonly Table[] {
  const local = endOf(model, node);
  const site = node.unit.name;
  const sites = new Map(
    segment.sites.flatMap((one) => (one.mode === 'alone' ? [] : [[one.site, one] as const])),
  );
  const here = sites.get(site);
  if (!local || !here) return [];
  const peers = [...gatewaysOf(model, segment)].flatMap(([there, gateway]) => {
    const mode = sites.get(there)?.mode;
    const address = gateway !== node && gateway.machine.managed && endOf(model, gateway);
    if (!mode || !address) return [];
    const mac = mode === 'proxy' && { mac: proxyMac(model, segment, there) };
    return [{ site: there, address: String(address), ...mac }];
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
      ...(here.mode === 'proxy' && { routed: routedAt(model, segment, here) }),
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

/** For a router of ours, which is on the bridge, that answers for the machines of the site. */
function routedAt(model: Model, segment: Segment, here: SegmentSite): NonNullable<Table['routed']> {
  const isOurs = stationsOf(model, segment).some(
    (one) => one.site === here.site && isOurRouter(model, one),
  );
  const port = portOf(here);
  return { port, answering: isOurs ? [port, bridge] : [port] };
}
