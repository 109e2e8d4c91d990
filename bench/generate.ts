/** Large files, as YAML text, for the benches of several rooms. */

/** Two octets. */
const low = (index: number): string => `${index >> 8}.${index & 255}`;

const meshOf = (network: string, overlay: string, sites: readonly string[]): string =>
  `version: 1
network: ${network}
overlay: ${overlay}
topology: mesh
sites:
${sites.join('')}`;

/**
 * A hub with `count` members behind NAT, up to 60,000. Every second has its overlay address from the
 * file, the others are given theirs; all may ping and ssh the four servers behind the hub.
 */
export function manyMembers(count: number): string {
  const members = Array.from({ length: count }, (_, index) => {
    const overlay = index % 2 === 0 ? `overlay: 10.0.${low(index + 256)}, ` : '';
    return `  m${index}: { hub: centre, ${overlay}tags: [people] }\n`;
  });
  return `version: 1
network: members
overlay: 10.0.0.0/16
topology: { hub: [centre] }
sites:
  centre:
    subnets: [192.168.0.0/24]
    gateways:
      hub: { endpoint: 203.0.113.10:51820, address: 192.168.0.4, overlay: 10.0.0.1 }
    hosts:
      server-[1-4]: { address: "192.168.0.[11-14]" }
groups:
  people: tag:people
policy:
  - { from: people, to: site:centre, ports: [tcp/22, icmp] }
  - { from: site:centre, to: people, ports: icmp }
members:
${members.join('')}`;
}

/**
 * A full mesh of `count` sites, up to 65,000: each with a gateway, a /24 and a host. Endpoints are
 * from 198.18.0.0/15 (RFC 2544, for benchmarks).
 */
export function meshOfSites(count: number): string {
  const sites = Array.from(
    { length: count },
    (_, index) => `  s${index}:
    subnets: [10.${low(index)}.0/24]
    gateways:
      g${index}: { endpoint: 198.18.${low(index)}:51820, address: 10.${low(index)}.1 }
    hosts:
      h${index}: { address: 10.${low(index)}.10 }
`,
  );
  return meshOf('mesh', '172.16.0.0/12', sites);
}

/**
 * A full mesh of `sites` sites, each with members that reach the others through it; all names are those of
 * `fleetNames`. `open`: the TCP port that all may use of each other; `port`: of the last member's WireGuard, at which
 * its site calls it.
 */
export function fleet({
  sites,
  members,
  open,
  port,
}: {
  sites: number;
  members: number;
  open: number;
  port: number;
}): string {
  const siteLines = Array.from(
    { length: sites },
    (_, index) =>
      `  s${index}: { gateways: { g${index}: { endpoint: 198.18.${low(index)}:51820 } } }\n`,
  );
  const memberLines = Array.from({ length: members }, (_, index) => {
    const last = index === members - 1 ? `, endpoint: 198.19.0.1:${port}, port: ${port}` : '';
    return `  m${index}: { hub: s${index % sites}${last} }\n`;
  });
  return `version: 1
network: fleet
overlay: 10.0.0.0/16
topology: mesh
policy: [{ from: [all], to: [all], ports: [tcp/${open}, icmp] }]
sites:
${siteLines.join('')}members:
${memberLines.join('')}`;
}

export const fleetNames = (sites: number, members: number): readonly string[] => [
  ...Array.from({ length: sites }, (_, index) => `g${index}`),
  ...Array.from({ length: members }, (_, index) => `m${index}`),
];

/**
 * A full mesh of `count` gateways, up to 200, each with a /24 behind it. `more`: the first has a second
 * prefix, which is news to all.
 */
export function meshOfGateways(count: number, more: boolean): string {
  const sites = Array.from({ length: count }, (_, index) => {
    const subnets = [`10.1.${index}.0/24`, ...(more && index === 0 ? ['10.2.0.0/24'] : [])];
    const gateway = `{ endpoint: 198.18.${index}.1:51820, address: 10.1.${index}.1 }`;
    return `  s${index}: { subnets: [${subnets.join(', ')}], gateways: { g${index}: ${gateway} } }\n`;
  });
  return meshOf('ten', '172.16.0.0/24', sites);
}
