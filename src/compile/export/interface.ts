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

export const interfaceAddresses = (plan: TunnelPlan): WireguardInterface['address'] =>
  plan.addresses.map((text) => {
    const [address = '', length] = text.split('/');
    return { address: Address.parse(address), length: Number(length) };
  });
