import { by, shortHash } from '#base';
import type { Address } from '#ip';
import type { NftMatch, NftRule, Probes } from '#state';
import type { Model, Node } from '../model.ts';
import { paddedMtu, tunnelMtu } from '../mtu.ts';
import { askersOf, asks, hostProbes } from './hosts-behind.ts';
import type { Carried } from './peers.ts';
import { is } from './words.ts';

/** UDP, on overlay addresses: what agents ask each other whether it comes back. */
export const probePort = 14_791;

/** So many of its peers a machine probes: in a mesh each is then probed by about as many others, and not by all. */
const most = 4;

/**
 * Whom a machine asks again and again whether packets come back: the first of its peers in the order of a hash of both
 * (rendezvous hashing), so that who comes or goes changes little; and the gateways behind which it asks plain hosts.
 */
export function probesOf(model: Model, node: Node, peers: readonly Carried[]): Probes | undefined {
  const [own] = node.overlay;
  if (!own || !asks(node)) return undefined;
  const chosen = peers
    .flatMap(({ node: peer }) => {
      const address = peer.overlay.find(({ family }) => family === own.family);
      if (!asks(peer) || !address) return [];
      const mtu = paddedMtu(tunnelMtu(node, peer));
      const isGateway = askersOf(model, peer).includes(node);
      return [{ name: peer.name, isGateway, probe: { address: String(address), mtu } }];
    })
    .sort(by(({ name }) => shortHash(`${node.name} ${name}`)))
    .filter(({ isGateway }, place) => place < most || isGateway)
    .sort(by(({ name }) => name));
  return {
    address: String(own),
    port: probePort,
    peers: Object.fromEntries(chosen.map(({ name, probe }) => [name, probe])),
    ...hostProbes(
      model,
      node,
      peers.map((peer) => peer.node),
    ),
  };
}

const port = String(probePort);
/** Both ends of a probe, so that nothing else is meant but what agents say to each other. */
const probes = [is('udp dport', port), is('udp sport', port)] as const;

const toOwn = (own: Address): NftMatch =>
  is(own.family === 4 ? 'ip daddr' : 'ip6 daddr', String(own));

/** Probes come by the tunnels, whatever the policy says, and from nowhere else. */
export const probesIn = (node: Node, devices: readonly string[]): readonly NftRule[] =>
  (asks(node) ? node.overlay.slice(0, 1) : []).flatMap((own): readonly NftRule[] => [
    { match: [is('iifname', [...devices]), toOwn(own), ...probes], verdict: 'accept' },
    {
      match: [
        { left: 'iifname', op: '!=', right: [...devices, 'lo'] },
        toOwn(own),
        is('udp dport', port),
      ],
      verdict: 'drop',
    },
  ]);

/** And leave by them. */
export const probesOut = (devices: readonly string[]): readonly NftRule[] => [
  { match: [is('oifname', [...devices]), ...probes], verdict: 'accept' },
];
