import { by, shortHash } from '#base';
import type { Address } from '#ip';
import type { NftMatch, NftRule, Probes } from '#state';
import type { Model, Node } from '../model.ts';
import { paddedMtu, tunnelMtu } from '../mtu.ts';
import type { Carried } from './peers.ts';
import { tunnelSpace } from './routers/place.ts';

/** UDP, on overlay addresses: what agents ask each other whether it comes back. */
export const probePort = 14_791;

/** So many of its peers a machine probes: in a mesh each is then probed by about as many others, and not by all. */
const most = 4;

/** Agents are in their machines' own namespaces, and so have to be the tunnels. */
const answers = (model: Model, node: Node): boolean =>
  node.machine.managed && tunnelSpace(model, node) === undefined;

/**
 * Whom a machine asks again and again whether packets come back: the first of its peers in the order of a hash of both
 * (rendezvous hashing), so that who comes or goes changes little. It rests on nothing but its own peers.
 */
export function probesOf(model: Model, node: Node, peers: readonly Carried[]): Probes | undefined {
  const [own] = node.overlay;
  if (!own || !answers(model, node)) return undefined;
  const chosen = peers
    .flatMap(({ node: peer }) => {
      const address = peer.overlay.find(({ family }) => family === own.family);
      if (!answers(model, peer) || !address) return [];
      const mtu = paddedMtu(tunnelMtu(node, peer));
      return [{ name: peer.name, probe: { address: String(address), mtu } }];
    })
    .sort(by(({ name }) => shortHash(`${node.name} ${name}`)))
    .slice(0, most)
    .sort(by(({ name }) => name));
  return {
    address: String(own),
    port: probePort,
    peers: Object.fromEntries(chosen.map(({ name, probe }) => [name, probe])),
  };
}

const is = (left: string, right: string | string[]): NftMatch => ({ left, op: '==', right });

const port = String(probePort);
/** Both ends of a probe, so that nothing else is meant but what agents say to each other. */
const probes = [is('udp dport', port), is('udp sport', port)] as const;

const toOwn = (own: Address): NftMatch =>
  is(own.family === 4 ? 'ip daddr' : 'ip6 daddr', String(own));

/** Probes come by the tunnels, whatever the policy says, and from nowhere else. */
export const probesIn = (
  model: Model,
  node: Node,
  devices: readonly string[],
): readonly NftRule[] =>
  (answers(model, node) ? node.overlay.slice(0, 1) : []).flatMap((own): readonly NftRule[] => [
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
