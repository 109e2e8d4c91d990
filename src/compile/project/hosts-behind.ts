import { by, fnv1a } from '#base';
import type { Address, Family } from '#ip';
import type { NftMatch, NftRule, Probes } from '#state';
import type { Model, Node } from '../model.ts';
import { paddedMtu, tunnelMtu } from '../mtu.ts';
import { is } from './words.ts';

/** Of a site that names nothing to ask so many hosts are, and each gateway’s by so many of its peers. */
const some = 3;

/**
 * Bytes of data in what plain hosts are asked by ICMP. Nobody's `ping` sends so many unless he says so, and what a policy
 * passes for probes passes by its size.
 */
const data = 85;

/** Bytes of the headers of IP and ICMP. */
const headers: Readonly<Record<Family, number>> = { 4: 28, 6: 48 };

/** What lies behind a gateway and is asked through it, by its name. */
export interface HostBehind {
  readonly name: string;
  readonly local: Address;
  readonly presented: Address;
}

/**
 * What is asked behind a machine to know that it forwards: what its site names, or some of its hosts, drawn by lot.
 * Undefined: nothing lies behind it; none: nobody there is known.
 */
export function hostsBehind(node: Node): readonly HostBehind[] | undefined {
  const { site } = node.unit;
  if (!node.isCarrier || !site || site.subnets.length === 0) return undefined;
  const families = new Set(node.overlay.map(({ family }) => family));
  const named = site.probe.map(({ name, address }) => ({ name, addresses: [address] }));
  const drawn = least(site.hosts, ({ name }) => fnv1a(`${site.name} ${name}`));
  return (named.length > 0 ? named : drawn)
    .flatMap(({ name, addresses }) => {
      const found = addresses.find(({ presented }) => families.has(presented.family));
      return found ? [{ name, ...found }] : [];
    })
    .sort(by(({ name }) => name));
}

/** Whether subnets lie behind a machine of which nobody can tell that it forwards: its site has no host and names nothing to ask. */
export const isGatewayOnly = (node: Node): boolean => hostsBehind(node)?.length === 0;

/** Those of which the number is the least, in its order. */
function least<T>(all: Iterable<T>, numberOf: (one: T) => number): readonly T[] {
  let kept: (readonly [number, T])[] = [];
  for (const one of all) {
    const number = numberOf(one);
    if (kept.length === some && number >= (kept.at(-1)?.[0] ?? 0)) continue;
    kept = [...kept, [number, one] as const].sort(([a], [b]) => a - b).slice(0, some);
  }
  return kept.map(([, one]) => one);
}

/** Whether an agent is there: it asks others, and answers them. */
export const asks = ({ machine }: Node): boolean => machine.managed;

const known = new WeakMap<Model, Map<Node, readonly Node[]>>();

/** Who asks what lies behind a gateway: the first of its peers in the order of a hash of both (rendezvous hashing). */
export function askersOf(model: Model, gateway: Node): readonly Node[] {
  const ofModel = known.get(model) ?? new Map<Node, readonly Node[]>();
  known.set(model, ofModel);
  const found = ofModel.get(gateway) ?? drawAskers(model, gateway);
  ofModel.set(gateway, found);
  return found;
}

function drawAskers(model: Model, gateway: Node): readonly Node[] {
  const { paths } = model;
  if (!hostsBehind(gateway)?.length || gateway.publicKey === undefined) return [];
  const upstream = paths.upstream(gateway);
  const peers = new Set([...paths.neighbours(gateway), ...(upstream ? [upstream] : [])]);
  const able = [...peers].filter(
    (peer) => asks(peer) && peer.publicKey !== undefined && peer.unit !== gateway.unit,
  );
  return least(able, ({ name }) => fnv1a(`${gateway.name} ${name}`));
}

/** One gateway and one who asks behind it. */
interface Asking {
  readonly asker: Node;
  readonly gateway: Node;
  readonly hosts: readonly HostBehind[];
}

/** What a machine asks behind its peers. */
const askedBy = (model: Model, asker: Node, peers: readonly Node[]): readonly Asking[] =>
  peers
    .filter((gateway) => askersOf(model, gateway).includes(asker))
    .map((gateway) => ({ asker, gateway, hosts: hostsBehind(gateway) ?? [] }));

/**
 * The plain hosts that a machine asks: behind its peers, through them, and those behind itself on their own network, by
 * which it is told apart whether a host is off or its gateway does not forward.
 */
export function hostProbes(
  model: Model,
  node: Node,
  peers: readonly Node[],
): Pick<Probes, 'hosts'> {
  const far = askedBy(model, node, peers).flatMap(({ gateway, hosts }) =>
    hosts
      .filter(({ presented }) => overlayOf(node, presented.family))
      .map(({ name, presented: address }) => ({
        name,
        address,
        mtu: paddedMtu(tunnelMtu(node, gateway)),
      })),
  );
  const near = (hostsBehind(node) ?? []).map(({ name, local: address }) => ({ name, address }));
  const all = [...far, ...near].sort(by(({ name }) => name));
  if (all.length === 0) return {};
  const asked = Object.fromEntries(
    all.map(({ name, address, ...rest }) => [name, { address: String(address), ...rest }] as const),
  );
  return { hosts: { data, asked } };
}

const overlayOf = (node: Node, family: Family): Address | undefined =>
  node.overlay.find((address) => address.family === family);

/** The rules of a chain that pass probes of plain hosts whatever a policy says: what is asked one way, answers the other. */
export interface HostRules {
  readonly input: readonly NftRule[];
  readonly forward: readonly NftRule[];
  readonly output: readonly NftRule[];
}

export function hostRules(
  model: Model,
  node: Node,
  { peers, devices }: { readonly peers: readonly Node[]; readonly devices: readonly string[] },
): HostRules {
  const own = askedBy(model, node, peers);
  const hosts = hostsBehind(node) ?? [];
  const others = askersOf(model, node).map((asker) => ({ asker, gateway: node, hosts }));
  const [from, to] = [is('iifname', [...devices]), is('oifname', [...devices])];
  return {
    input: own.flatMap((one) => passes(one, from, 'reply')),
    output: own.flatMap((one) => passes(one, to, 'request')),
    forward: others.flatMap((one) => [
      ...passes(one, from, 'request'),
      ...passes(one, to, 'reply'),
    ]),
  };
}

/** Of one size each, between the overlay address of who asks and the hosts, in one direction. */
const passes = (
  { asker, gateway, hosts }: Asking,
  device: NftMatch,
  type: 'request' | 'reply',
): readonly NftRule[] =>
  ([4, 6] as const).flatMap((family): readonly NftRule[] => {
    const own = overlayOf(asker, family);
    const there = hosts.flatMap(({ presented }) =>
      presented.family === family ? [String(presented)] : [],
    );
    if (!own || there.length === 0) return [];
    const [ip, icmp] = family === 4 ? ['ip', 'icmp'] : ['ip6', 'icmpv6'];
    const [asks, answers] = type === 'request' ? ['saddr', 'daddr'] : ['daddr', 'saddr'];
    const sizes = [data + headers[family], paddedMtu(tunnelMtu(asker, gateway))];
    return [
      {
        match: [
          device,
          is(`${ip} ${asks}`, String(own)),
          is(`${ip} ${answers}`, there),
          is(`${icmp} type`, `echo-${type}`),
          is('meta length', sizes.map(String)),
        ],
        verdict: 'accept',
      },
    ];
  });
