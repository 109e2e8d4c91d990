import type { Address, Family } from '#ip';
import type { Machine, Network } from '#spec';
import type { Draft } from './draft.ts';

/** The public address of a machine's endpoint; one that has a DNS name gets an address of the lab's. */
export function endpointAddress(draft: Draft, machine: Machine): Address | undefined {
  const { endpoint } = machine;
  return endpoint && (endpoint.address ?? draft.named(endpoint.host));
}

/** Families in which the internet must be reachable: those of the endpoints, a DNS name being IPv4. */
export function familiesOf(network: Network): readonly Family[] {
  const found = new Set<Family>();
  for (const { endpoint } of machinesIn(network)) {
    if (endpoint) found.add(endpoint.address?.family ?? 4);
  }
  return found.size === 0 ? [4] : [...found].sort((a, b) => a - b);
}

/** All that run WireGuard, in the order of sites, then members. */
export const machinesIn = (network: Network): readonly Machine[] => [
  ...network.sites.flatMap((site) => [...site.gateways, ...site.nodes]),
  ...network.members,
];
