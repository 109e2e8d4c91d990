import type { Machine, Network } from '#spec';

/** Keys in the file belong to machines elsewhere; those of the lab make their own. */
export function withoutKeys(network: Network): Network {
  const strip = ({ publicKey: _, ...machine }: Machine): Machine => machine;
  return {
    ...network,
    sites: network.sites.map((site) => ({
      ...site,
      gateways: site.gateways.map(strip),
      nodes: site.nodes.map(strip),
    })),
    members: network.members.map(strip),
  };
}
