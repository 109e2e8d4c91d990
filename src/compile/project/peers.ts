import { by, shortHash } from '#base';
import { formatEndpoint, type Prefix, PrefixSet } from '#ip';
import { adoptedKey, adoptedPair, type SecretRef } from '#state';
import type { Lane } from '../lanes.ts';
import { carrierOf, lanAddress, lanFamily, type Model, type Node, shareLan } from '../model.ts';

/** A peer of one machine with what it carries for it. */
export interface Carried {
  readonly node: Node;
  readonly prefixes: readonly Prefix[];
}

/**
 * The peers of a machine and what each carries for it, disjoint, sorted by name. Machines whose key
 * is unknown are in nobody's peers.
 */
export function carriedPeers(model: Model, node: Node): readonly Carried[] {
  const peers = model.paths.upstream(node) ? edgePeers(model, node) : corePeers(model, node);
  return peers
    .filter((peer) => peer.node.publicKey !== undefined && peer.prefixes.length > 0)
    .sort(by((peer) => peer.node.name));
}

/** At the edge: neighbours carry their own, the upstream everything else, known or not yet. */
function edgePeers(model: Model, node: Node): Carried[] {
  const upstream = model.paths.upstream(node) as Node;
  const direct = [...model.paths.neighbours(node)].filter((other) => other !== upstream);
  const carried = direct.map((other) => ({ node: other, prefixes: subtree(node, other) }));
  const everything = PrefixSet.of(node.machine.allowedIps ?? model.inside.prefixes());
  const elsewhere = PrefixSet.of([
    ...carried.flatMap((peer) => peer.prefixes),
    ...siteRanges(node),
  ]);
  return [...carried, { node: upstream, prefixes: everything.subtract(elsewhere).prefixes() }];
}

/** What lies on the machine's own side of its tunnels, apart from single overlay addresses. */
const siteRanges = (node: Node): readonly Prefix[] => [
  ...(node.unit.site?.subnets.map((subnet) => subnet.presented) ?? []),
  ...node.unit.nodes.flatMap((sibling) => sibling.machine.pods),
];

/** In the core: every machine's prefixes go to the next machine on the way to it. */
function corePeers(model: Model, node: Node): Carried[] {
  const lists = new Map<Node, (readonly Prefix[])[]>();
  const give = (peer: Node, prefixes: readonly Prefix[]): void => {
    const list = lists.get(peer);
    if (list) list.push(prefixes);
    else lists.set(peer, [prefixes]);
  };
  for (const other of model.nodes) {
    if (other === node) continue;
    const next = model.paths.next(node, other);
    if (next && !shareLan(node, next)) give(next, other.carries);
  }
  const { allowedIps } = node.machine;
  const allowed = allowedIps && PrefixSet.of(allowedIps);
  return [...lists].map(([peer, parts]) => ({
    node: peer,
    prefixes: minimal(parts, allowed),
  }));
}

/** Lists of disjoint prefixes as one list, without what is not allowed. */
function minimal(
  parts: readonly (readonly Prefix[])[],
  allowed: PrefixSet | undefined,
): readonly Prefix[] {
  const [only] = parts;
  if (only && parts.length === 1 && !allowed) return only;
  const all = PrefixSet.of(parts.flat());
  return (allowed ? all.intersect(allowed) : all).prefixes();
}

/** What a neighbour carries: its own, and through a carrier the members attached to its site. */
function subtree(from: Node, node: Node): readonly Prefix[] {
  const attached =
    node.unit === from.unit || node !== carrierOf(node.unit) ? [] : node.unit.attached;
  const members = attached.flatMap((unit) => unit.nodes.flatMap((member) => member.carries));
  return members.length === 0
    ? node.carries
    : PrefixSet.of([...node.carries, ...members]).prefixes();
}

/**
 * The preshared key of two ends. A tunnel that was made by hand keeps the one it has, or has none, until one
 * of its keys is another. Else only where an agent runs at both ends: whoever imported a file has no way to
 * follow.
 */
export function presharedKeyOf(
  { inputs }: Model,
  [node, own]: readonly [Node, string | undefined],
  [other, theirs]: readonly [Node, string],
): SecretRef | undefined {
  const { presharedKeys: version, adopted } = inputs;
  if (own === undefined) return undefined;
  if (adopted) {
    const pair = adoptedPair(own, theirs);
    if (Object.hasOwn(adopted, pair)) return adopted[pair] ? adoptedKey(pair) : undefined;
  }
  const isManaged = node.machine.managed && other.machine.managed;
  if (version === undefined || !isManaged) return undefined;
  return { id: presharedKeyId(own, theirs), version };
}

/** The name of the preshared key of two public keys, the same from both ends. */
export function presharedKeyId(one: string, other: string): string {
  const [a, b] = [one, other].sort();
  return `psk-${shortHash(`${a} ${b}`)}${shortHash(`${b} ${a}`)}`;
}

/** Where to find a lane of a peer: at its endpoint, that of a sibling on the site's own network. */
export function endpointFor(node: Node, other: Node, lane: Lane): string | undefined {
  const family = lanFamily(node, other);
  const address = family && lanAddress(other, family);
  if (address) return formatEndpoint({ host: `${address}`, address, port: lane.listenPort });
  return lane.endpoint && formatEndpoint(lane.endpoint);
}
