import type { SegmentsResult } from '#api';
import { formatPort, type Network } from '#spec';

/** The layer-2 networks of a file and what leads out of them, as somebody draws them. */
export function segmentsOf({
  sites,
  segments,
  routers,
}: Network): Omit<SegmentsResult, 'revision'> {
  const carriers = new Map(sites.map(({ name, gateways: [first] }) => [name, first?.name]));
  const gatewayOf = (site: string) => {
    const gateway = carriers.get(site);
    return { site, ...(gateway !== undefined && { gateway }) };
  };
  return {
    segments: segments.map(({ name, vni, subnets, stations, sites: places }) => ({
      ...{ name, vni, subnets: subnets.map(String) },
      members: places.flatMap(({ site, mode }) => (mode === 'alone' ? [site] : [])),
      sites: places.flatMap(({ site, mode }) =>
        mode === 'alone'
          ? []
          : {
              ...{ ...gatewayOf(site), mode },
              machines: stations.filter((station) => station.site === site).length,
            },
      ),
    })),
    routers: routers.map(({ name, site, segments: own, egress, forwards }) => ({
      ...{ name, ...gatewayOf(site), segments: [...own] },
      egress: egress.map(({ text, ports }) => [text, ...ports.map(formatPort)].join(' ')),
      forwards: forwards.map(
        ({ protocol, port, to, target }) => `${protocol}/${port} to ${String(to)} ${target}`,
      ),
    })),
  };
}
