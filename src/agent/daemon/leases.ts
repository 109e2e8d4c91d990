import { countLeases } from '#host';
import type { HostState } from '#state';

/** How many addresses a DHCP server of this machine has given that are still given. */
export interface Leases {
  readonly segment: string;
  readonly site: string;
  readonly count: number;
}

/** Of all the DHCP servers that a state says. */
export function leasesIn(
  stateFolder: string,
  { network, namespaces }: HostState,
): readonly Leases[] {
  const now = Date.now() / 1000;
  return Object.entries(namespaces).flatMap(([namespace, { dhcpServers, tables }]) => {
    const [table] = tables?.items ?? [];
    if (!dhcpServers || !table) return [];
    const { segment, site } = table;
    return [{ segment, site, count: countLeases({ stateFolder, network, namespace }, now) }];
  });
}
