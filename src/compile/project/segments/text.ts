import type { Model } from '../../model.ts';
import { endOf, gatewaysOf } from './place.ts';

/** All of a network's segments and their routers that shapes states, for comparing. */
export const segmentsText = (model: Model): unknown => [
  model.network.segments.map((segment) => [
    segment.name,
    segment.vni,
    segment.subnets.map(String),
    segment.routers.map(String),
    segment.sites.map(({ site, port, mode }) => [site, port, mode]),
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
  ]),
  model.network.routers.map((router) => [
    router.name,
    router.site,
    router.segments,
    router.uplink.map(({ address, network, via }) => [`${address}`, `${network}`, `${via}`]),
    router.egress.map(({ text, to, ports }) => [text, `${to ?? ''}`, ports]),
    router.forwards.map(({ protocol, port, to, target }) => [protocol, port, `${to}`, target]),
    router.snat,
  ]),
];
