import type { Model } from '../../model.ts';
import { endOf, gatewaysOf } from './place.ts';

/** All of a network's segments that shapes states, for comparing. */
export const segmentsText = (model: Model): unknown =>
  model.network.segments.map((segment) => [
    segment.name,
    segment.vni,
    segment.subnets.map(String),
    segment.routers.map(String),
    segment.sites.map(({ site, port, vlan, mode }) => [site, port, vlan ?? 0, mode]),
    segment.stations.map(({ site, mac, addresses, allow }) => [
      site,
      mac,
      addresses.map(String),
      allow.map(String),
    ]),
    [...gatewaysOf(model, segment).values()].map((gateway) => [
      gateway.name,
      String(endOf(model, gateway) ?? ''),
    ]),
  ]);
