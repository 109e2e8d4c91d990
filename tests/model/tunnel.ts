import type { Namespace } from '#state';
import { isAddress, splitEndpoint } from './address.ts';
import { evaluate } from './nft.ts';
import { Conntrack, firstPacket, viewOf } from './packet.ts';
import { route } from './routing.ts';
import {
  lan,
  type Party,
  peerFor,
  peersOf,
  sameEndpoint,
  type Terrain,
  tunnelOn,
  uplink,
} from './world.ts';

/** What becomes of an inner packet that a machine hands to its WireGuard device. */
export type Carried =
  | {
      readonly kind: 'arrives';
      readonly at: Party;
      readonly device: string;
      /** Id of the peer in the sender's state. */
      readonly peer: string;
      /** Bytes left for the inner packet, after both ends' own networks and the overhead. */
      readonly room: number;
    }
  | { readonly kind: 'lost'; readonly why: string };

const lost = (why: string): Carried => ({ kind: 'lost', why });

/** Of IPv4 20 + UDP 8 + WireGuard 32; IPv6 has 20 more. */
const overhead = (endpoint: string): number => {
  const { host } = splitEndpoint(endpoint);
  return host.includes(':') ? 80 : 60;
};

const underlayMtu = (party: Party): number => party.machine?.mtu ?? party.site?.mtu ?? 1500;

interface End {
  readonly party: Party;
  readonly tunnelId: string;
  readonly peerId: string;
}

/** Sends an inner packet into a WireGuard device and says where it comes out. */
export function carry(
  terrain: Terrain,
  from: Party,
  device: string,
  inner: { source: string; destination: string },
): Carried {
  const [tunnelId, tunnel] = tunnelOn(from, device) ?? [];
  if (tunnelId === undefined || !tunnel || !from.state)
    throw new Error(`model: no tunnel ${device}`);
  const peerId = peerFor(from.state, tunnelId, inner.destination);
  if (peerId === undefined)
    return lost(`${from.name} has no peer for ${inner.destination} (ENOKEY)`);
  const peer = tunnel.peers[peerId];
  if (!peer) return lost(`${from.name} binds ${inner.destination} to ${peerId}, which is no peer`);
  const owner = terrain.ownerOf(peer.publicKey);
  if (!owner) return lost(`nobody holds the key that ${from.name} has for ${peerId}`);
  const back = peerWithKey(owner, tunnel.key.publicKey);
  if (!back) return lost(`${owner.party.name} does not know ${from.name}`);
  const ends: [End, End] = [{ party: from, tunnelId, peerId }, back];
  const mismatch = secretMismatch(ends);
  if (mismatch !== undefined) return lost(mismatch);
  const path = outerPath(terrain, ends);
  if (path.kind === 'lost') return path;
  return accepted(owner, back.peerId, inner.source, peerId, path.room);
}

function peerWithKey(
  owner: { party: Party; tunnel: string },
  publicKey: string | undefined,
): End | undefined {
  const tunnel = owner.party.state?.tunnels[owner.tunnel];
  const found = tunnel && peersOf(tunnel).find(([, peer]) => peer.publicKey === publicKey);
  return found && { party: owner.party, tunnelId: owner.tunnel, peerId: found[0] };
}

/** The receiver drops an inner packet whose source is not in the allowed IPs of who sent it. */
function accepted(
  owner: { party: Party; tunnel: string },
  sender: string,
  source: string,
  peer: string,
  room: number,
): Carried {
  const { party, tunnel } = owner;
  const state = party.state;
  if (!state || peerFor(state, tunnel, source) !== sender) {
    return lost(`${party.name} does not allow ${source} from ${sender}`);
  }
  const device = state.tunnels[tunnel]?.interface as string;
  return { kind: 'arrives', at: party, device, peer, room };
}

const peerAt = (end: End) => end.party.state?.tunnels[end.tunnelId]?.peers[end.peerId];

function secretMismatch([a, b]: [End, End]): string | undefined {
  const x = peerAt(a)?.presharedKey;
  const y = peerAt(b)?.presharedKey;
  if (x?.id === y?.id && x?.version === y?.version) return undefined;
  return `${a.party.name} and ${b.party.name} have different preshared keys`;
}

type OuterPath = { readonly kind: 'path'; readonly room: number } | { kind: 'lost'; why: string };

/** By the peer's endpoint, or along the way the peer's own packets opened. */
function outerPath(terrain: Terrain, [from, to]: [End, End]): OuterPath {
  if (peerAt(from)?.endpoint !== undefined) return byEndpoint(terrain, from, to);
  const theirs = peerAt(to);
  if (theirs?.endpoint === undefined || (theirs.keepalive ?? 0) <= 0) {
    const why = `${from.party.name} has no endpoint of ${to.party.name}, which never speaks first`;
    return { kind: 'lost', why };
  }
  return byEndpoint(terrain, to, from);
}

function byEndpoint(terrain: Terrain, from: End, to: End): OuterPath {
  const endpoint = peerAt(from)?.endpoint as string;
  const listens = to.party.state?.tunnels[to.tunnelId]?.listenPort ?? 0;
  const places = terrain.endpointsOf(to.party, from.party, listens);
  if (!places.some((real) => sameEndpoint(real, endpoint))) {
    return { kind: 'lost', why: `${endpoint} is not where ${to.party.name} listens` };
  }
  const why = routedInside(terrain, from, endpoint) ?? outerStopped(from, to);
  if (why !== undefined) return { kind: 'lost', why };
  const room = Math.min(underlayMtu(from.party), underlayMtu(to.party)) - overhead(endpoint);
  return { kind: 'path', room };
}

/** An endpoint inside a prefix that leads into a tunnel: the outer packet would chase itself. */
function routedInside(terrain: Terrain, from: End, endpoint: string): string | undefined {
  const { host } = splitEndpoint(endpoint);
  if (!isAddress(host)) return undefined;
  if (livesElsewhere(from)) {
    if (!socketSpace(from.party).routes) return undefined;
    throw new Error(`model: ${from.party.name} has routes apart from its tunnel`);
  }
  const mark = from.party.state?.tunnels[from.tunnelId]?.fwmark ?? 0;
  const way = route(terrain, from.party, host, mark);
  if (way.kind === 'out' && (way.device === lan || way.device === uplink)) return undefined;
  return `${from.party.name} routes the endpoint ${endpoint} into a tunnel or to itself`;
}

/** Filters of both ends see the outer packet too. */
function outerStopped(from: End, to: End): string | undefined {
  const listen = to.party.state?.tunnels[to.tunnelId]?.listenPort ?? 0;
  const outer = firstPacket('198.51.100.1', '198.51.100.2', 'udp', listen);
  const out = { iif: '', oif: outsideOf(from.party) };
  const into = { iif: outsideOf(to.party), oif: '' };
  const steps = [
    { party: from.party, hooks: ['output', 'postrouting'], devices: out },
    { party: to.party, hooks: ['prerouting', 'input'], devices: into },
  ];
  for (const { party, hooks, devices } of steps) {
    const view = viewOf(outer, devices, new Conntrack().see(party.name, outer));
    const tables = party.ours ? (socketSpace(party).nft?.items ?? []) : [];
    const stopped = hooks.some((hook) => !evaluate(tables, hook, view).judgement.passes);
    if (stopped) return `the filters of ${party.name} stop WireGuard's own packets`;
  }
  return undefined;
}

/** Of its socket: where that was born routes and filters count for WireGuard's own packets. */
const socketSpace = ({ state }: Party): Namespace => state?.namespaces['root'] ?? {};

const livesElsewhere = ({ party, tunnelId }: End): boolean =>
  party.state?.tunnels[tunnelId]?.livesIn !== party.state?.tunnels[tunnelId]?.bornIn;

const outsideOf = (party: Party): string => (party.kind === 'member' ? uplink : lan);
