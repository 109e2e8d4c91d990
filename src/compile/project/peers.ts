import { by, shortHash } from '#base';
import { formatEndpoint, type Prefix, PrefixSet } from '#ip';
import { adoptedKey, adoptedPair, type Peer } from '#state';
import type { PresharedChange } from '../inputs.ts';
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
    prefixes: allowed ? minimal(parts, allowed) : minimalBehind(peer, parts),
  }));
}

interface Behind {
  readonly parts: readonly (readonly Prefix[])[];
  readonly prefixes: readonly Prefix[];
}

const known = new WeakMap<Node, Behind>();

/** In a mesh a peer carries the same for all: computed once. */
function minimalBehind(peer: Node, parts: Behind['parts']): readonly Prefix[] {
  const last = known.get(peer);
  const isSame = last?.parts.length === parts.length && last.parts.every((p, i) => p === parts[i]);
  if (isSame) return last.prefixes;
  const prefixes = minimal(parts, undefined);
  known.set(peer, { parts, prefixes });
  return prefixes;
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

/** The preshared key of a pair, and the one that is to follow it. */
export type PresharedKeys = Pick<Peer, 'presharedKey' | 'nextPresharedKey'>;

/** One end of a pair, with the public key that it has there. */
type End = readonly [Node, string | undefined];

/**
 * A tunnel that was made by hand keeps the preshared key it has, or has none, until one of its keys is
 * another. Else there is one only where an agent runs at both ends: whoever imported a file has no way to
 * follow. Of a newer secret both ends have to have theirs before either uses it.
 */
export function presharedKeysOf(
  model: Model,
  [node, own]: End,
  [other, theirs]: End,
): PresharedKeys {
  const { presharedKeys: newest, adopted, preshared } = model.inputs;
  if (own === undefined || theirs === undefined) return {};
  const pair = adopted && adoptedPair(own, theirs);
  if (pair !== undefined && Object.hasOwn(adopted ?? {}, pair)) {
    return adopted?.[pair] ? { presharedKey: adoptedKey(pair) } : {};
  }
  const isManaged = node.machine.managed && other.machine.managed;
  if (newest === undefined || !isManaged) return {};
  const id = presharedKeyId(own, theirs);
  if (!preshared || [node, other].every(({ name }) => havers(preshared).has(name))) {
    return { presharedKey: { id, version: newest } };
  }
  const { from } = preshared;
  return {
    ...(from > 0 && { presharedKey: { id, version: from } }),
    nextPresharedKey: { id, version: newest },
  };
}

const haversOf = new WeakMap<PresharedChange, ReadonlySet<string>>();

/** Machines that have the newest keys: asked for every pair of a network. */
function havers(change: PresharedChange): ReadonlySet<string> {
  const known = haversOf.get(change) ?? new Set(change.have);
  haversOf.set(change, known);
  return known;
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
