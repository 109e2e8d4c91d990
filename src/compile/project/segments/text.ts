import type { Model } from '../../model.ts';
import { segmentMtu } from './mtu.ts';
import { endOf, gatewaysOf } from './place.ts';

/** All of a network's segments and their routers that shapes states, for comparing. */
export const segmentsText = (model: Model): unknown => [
  model.network.segments.map((segment) => [
    segment.name,
    segment.vni,
    segment.flood,
    segment.subnets.map(String),
    segment.routers.map(String),
    segment.dns.map(String),
    segment.sites.map(({ site, port, vlan, mode, pools, dhcp }) => [
      site,
      port,
      vlan ?? 0,
      mode,
      ...(dhcp.by === 'hawser'
        ? [dhcp.addresses.map(String), dhcp.forward.map(String), pools.map(String)]
        : []),
    ]),
    segment.stations.map(({ name, site, mac, addresses, allow, tags }) => [
      name,
      site,
      mac,
      addresses.map(String),
      allow.map(String),
      tags,
    ]),
    [...gatewaysOf(model, segment).values()].map((gateway) => [
      gateway.name,
      gateway.machine.managed,
      String(endOf(model, gateway) ?? ''),
      segmentMtu(model, gateway, segment),
    ]),
  ]),
  model.network.routers.map((router) => [
    router.name,
    router.site,
    router.segments,
    router.uplink.map(({ address, network, via }) => [`${address}`, `${network}`, `${via}`]),
    router.egress.map(({ text, to, host = '', ports }) => [text, `${to ?? ''}`, host, ports]),
    router.forwards.map(({ protocol, port, to, target }) => [protocol, port, `${to}`, target]),
    router.snat,
    router.external ?? '',
    router.tunnel,
  ]),
];
