import type { Address, Prefix } from '#ip';
import type { Host, Machine, Site } from '#spec';

/** Subnets of a site that share one layer-2 network, with the machines on it. */
export interface Lan {
  readonly subnets: readonly Prefix[];
  readonly machines: readonly Machine[];
  readonly hosts: readonly Host[];
}

/**
 * A site's subnets are networks of their own, as in a cloud, joined by the site's router; those in
 * which one machine has addresses (IPv4 and IPv6) are one network. Machines that the file gives no
 * address there have a network to themselves.
 */
export function lansOf(site: Site): readonly Lan[] {
  const machines = [...site.gateways, ...site.nodes];
  const groups = site.subnets.map((subnet) => [subnet.local]);
  for (const { addresses } of [...machines, ...site.hosts]) {
    const joined = groups.filter((group) => addresses.some(({ local }) => within(group, local)));
    const [first, ...rest] = joined;
    for (const group of rest) {
      first?.push(...group);
      groups.splice(groups.indexOf(group), 1);
    }
  }
  const homeless = machines.filter(({ addresses }) => addresses.length === 0);
  const apart = homeless.length > 0 ? [{ subnets: [], machines: homeless, hosts: [] }] : [];
  const lans = groups.map((subnets) => {
    const here = (machine: Machine | Host) =>
      machine.addresses.some(({ local }) => within(subnets, local));
    return {
      subnets: subnets.toSorted((a, b) => a.compare(b)),
      machines: machines.filter(here),
      hosts: site.hosts.filter(here),
    };
  });
  return [...lans, ...apart];
}

const within = (subnets: readonly Prefix[], address: Address): boolean =>
  subnets.some((subnet) => subnet.contains(address));
