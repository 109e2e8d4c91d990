import { by } from '#base';
import type { Segment } from '#spec';
import type { FdbEntry, Flood, Neighbour } from '#state';
import type { Model, Node } from '../../model.ts';
import { serversOf } from './dhcp.ts';
import { bridge, endOf, gatewaysOf, vxlan } from './place.ts';
import { asSeen, proxyMac } from './proxied.ts';
import { stationsOf } from './stations.ts';

interface Far {
  readonly fdb: readonly FdbEntry[];
  readonly neighbours: readonly Neighbour[];
}

/** The machines and DHCP servers at the other sites of a segment, and behind whom they are. */
export function farStations(model: Model, node: Node, segment: Segment): Far {
  const gateways = gatewaysOf(model, segment);
  // Behind those that route there may be machines that no file names.
  const routing = segment.sites.flatMap(({ site, mode }) =>
    mode === 'proxy' ? [{ site, mac: proxyMac(model, segment, site), addresses: [] }] : [],
  );
  const far = [
    ...stationsOf(model, segment).map(asSeen(model, segment)),
    ...serversOf(model, segment),
    ...routing,
  ].filter(({ site }) => site !== node.unit.name);
  const fdb = far.flatMap(({ site, mac }) => {
    const gateway = gateways.get(site);
    const to = gateway && endOf(model, gateway);
    return to ? [{ device: vxlan, mac, to: String(to) }] : [];
  });
  const neighbours = far.flatMap(({ addresses, mac }) =>
    addresses.map((address) => ({ device: bridge, address: String(address), mac })),
  );
  const byMac = new Map(fdb.map((entry) => [entry.mac, entry]));
  return {
    fdb: [...byMac.values()].sort(by(({ mac }) => mac)),
    neighbours: neighbours.sort(by(({ address }) => address)),
  };
}

/** The gateways to which what is for all goes as well: those that bridge, from one that does. */
export function floodsOf(model: Model, node: Node, { flood, sites }: Segment): readonly Flood[] {
  const bridging = sites.filter(({ mode }) => flood && mode === 'bridge');
  if (!bridging.some(({ site }) => site === node.unit.name)) return [];
  const gateways = gatewaysOf(model, { sites: bridging });
  return [...gateways.values()]
    .filter((gateway) => gateway !== node)
    .flatMap((gateway) => endOf(model, gateway) ?? [])
    .sort((a, b) => a.compare(b))
    .map((to) => ({ device: vxlan, to: String(to) }));
}
