import { Address } from '#ip';
import type { WireguardConfig, WireguardInterface } from '#wireguard';
import type { PlannedPeer, TunnelPlan } from './plan.ts';

/* What the formats of wg, of wg-quick and of the apps have in common. */

/** What is left for a person to do, as the comment of a configuration. */
export const remarks = (plan: TunnelPlan, left: readonly string[]): string =>
  [
    `${plan.machine} in the network ${plan.network}`,
    ...[...left, ...plan.beyond].map((one) => `not in this file: ${one}`),
  ].join('\n');

/** Peers under their names. */
export const namedPeers = (peers: readonly PlannedPeer[]): WireguardConfig['peers'] =>
  peers.map(({ name, ...peer }) => ({ ...peer, comment: name }));

/** What all of WireGuard's own formats say about the interface. */
export const commonInterface = (plan: TunnelPlan): WireguardInterface => ({
  preUp: [],
  postUp: [],
  preDown: [],
  postDown: [],
  ...(plan.privateKey && { privateKey: plan.privateKey }),
  listenPort: plan.listenPort,
  address: [],
  dns: [],
});

/**
 * Here a `DNS =` line takes over all of the machine's resolution (wg-quick(8)): only for resolvers that
 * answer for all names.
 */
export const interfaceDns = ({ dns }: TunnelPlan): readonly string[] =>
  dns?.forwards ? [...dns.servers, zoneOf(dns)] : [];

/** The zone is the first of the domains. */
export const zoneOf = ({ domains }: NonNullable<TunnelPlan['dns']>): string => domains[0] ?? '';

/** What a person can do where no line says it: by a command, or by names in a file. */
export const leftDns = (plan: TunnelPlan, command: string): readonly string[] =>
  plan.dns && !plan.dns.forwards
    ? [
        `the names of ${zoneOf(plan.dns)}: ${command}; or add to the hosts file what hawser export FILE ${plan.machine} --format hosts prints`,
      ]
    : [];

export const interfaceAddresses = (plan: TunnelPlan): WireguardInterface['address'] =>
  plan.addresses.map((text) => {
    const [address = '', length] = text.split('/');
    return { address: Address.parse(address), length: Number(length) };
  });
