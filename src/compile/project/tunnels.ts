import { by } from '#base';
import type { Binding, Peer, Tunnel } from '#state';
import { detourLane, type Lane, laneOf } from '../lanes.ts';
import { canLink, type Model, type Node, type Turn } from '../model.ts';
import { type Carried, endpointFor, presharedKeysOf } from './peers.ts';

/** A peer in one tunnel of a machine. */
export interface TunnelPeer extends Carried {
  /** The end that the tunnel has at the peer. */
  readonly lane: Lane;
  readonly publicKey: string;
  /** Seconds. */
  readonly keepalive: number;
  /** Whether the network waits for a handshake with it. */
  readonly watched: boolean;
}

/** A tunnel of a machine before it is written down. */
export interface PlannedTunnel {
  readonly lane: Lane;
  readonly publicKey: string | undefined;
  /** The public key that its own must not be any more. */
  readonly replaces?: string;
  readonly peers: readonly TunnelPeer[];
}

/** Seconds between keepalives where a handshake is waited for: setting it also begins one. */
const provingKeepalive = 25;

/** The tunnels of a machine: one, and beside it the detour while a key changes. Pure. */
export function tunnelsOf(
  model: Model,
  node: Node,
  carried: readonly Carried[],
): readonly [PlannedTunnel, ...PlannedTunnel[]] {
  const detour = detourOf(model, node, carried);
  return detour ? [mainOf(model, node, carried), detour] : [mainOf(model, node, carried)];
}

const usualKeepalive = (node: Node, other: Node): number =>
  canLink(node, other) ? node.machine.keepalive : 0;

/** As usual, but also where nothing else would begin a handshake. */
const proving = (usual: number): number => (usual > 0 ? usual : provingKeepalive);

type Speech = Pick<TunnelPeer, 'keepalive' | 'watched'>;

/**
 * How an idle tunnel that gets another key speaks: not until both ends have what it takes, since a handshake
 * that finds the other end not ready is tried again after 5 s; then at once. Peers tell of it.
 */
function speech(usual: number, isSilent: boolean, isTold: boolean): Speech {
  if (isSilent) return { keepalive: 0, watched: false };
  return { keepalive: proving(usual), watched: isTold };
}

/** Whether the machine is to make another key for its first tunnel, and has not said that it did. */
const hasOldKey = ({ phase, retired, node }: Turn): boolean =>
  ['rekey', 'prove', 'now'].includes(phase) && node.publicKey === retired;

/** How a machine's first tunnel speaks with a peer. */
function speechOf(model: Model, node: Node, other: Node): Speech {
  const { turn } = model;
  const usual = usualKeepalive(node, other);
  const isIdle = turn?.phase === 'rekey' || turn?.phase === 'prove';
  if (!isIdle || !arePartners(turn, node, other)) return { keepalive: usual, watched: false };
  return speech(usual, turn.phase === 'rekey', other === turn.node);
}

function mainOf(model: Model, node: Node, carried: readonly Carried[]): PlannedTunnel {
  const { turn } = model;
  const rekeys = turn?.node === node && hasOldKey(turn);
  const peers = carried.map(
    (peer): TunnelPeer => ({
      ...peer,
      lane: laneOf(model, peer.node, 0),
      publicKey: peer.node.publicKey as string,
      ...speechOf(model, node, peer.node),
    }),
  );
  return {
    lane: laneOf(model, node, 0),
    publicKey: rekeys ? undefined : node.publicKey,
    ...(rekeys && turn.retired !== undefined && { replaces: turn.retired }),
    peers,
  };
}

/** Whether the way between two machines makes the detour. */
const arePartners = ({ node, partners }: Turn, a: Node, b: Node): boolean =>
  (a === node && partners.has(b)) || (b === node && partners.has(a));

function detourOf(
  model: Model,
  node: Node,
  carried: readonly Carried[],
): PlannedTunnel | undefined {
  const { turn } = model;
  if (!turn || turn.phase === 'now') return undefined;
  const partners = carried.filter((peer) => arePartners(turn, node, peer.node));
  if (partners.length === 0) return undefined;
  const key = String(detourLane);
  const publicKey = node.keys[key];
  const peers = partners.flatMap((peer): TunnelPeer[] => {
    const theirs = peer.node.keys[key];
    if (publicKey === undefined || theirs === undefined) return [];
    const isTold = turn.phase === 'detour' && peer.node === turn.node;
    const said = speech(usualKeepalive(node, peer.node), turn.phase === 'prepare', isTold);
    return [{ ...peer, lane: laneOf(model, peer.node, detourLane), publicKey: theirs, ...said }];
  });
  return { lane: laneOf(model, node, detourLane), publicKey, peers };
}

/** Peers that packets reach by the detour, with its device; none where they take the first tunnel. */
export function detoured(
  { turn }: Model,
  [, detour]: readonly PlannedTunnel[],
): { readonly device: string; readonly peers: readonly Carried[] } | undefined {
  if (!detour || !turn || !['moved', 'rekey', 'prove'].includes(turn.phase)) return undefined;
  return { device: detour.lane.interface, peers: detour.peers };
}

/** A tunnel as the machine's state has it. */
export const tunnelState = (
  model: Model,
  node: Node,
  tunnel: PlannedTunnel,
  fwmark: number | undefined,
): Tunnel => ({
  interface: tunnel.lane.interface,
  lane: tunnel.lane.number,
  bornIn: 'root',
  livesIn: 'root',
  listenPort: tunnel.lane.listenPort,
  ...(fwmark !== undefined && { fwmark }),
  key: {
    id: `${model.network.name}/${tunnel.lane.number}`,
    ...(tunnel.publicKey !== undefined && { publicKey: tunnel.publicKey }),
    ...(tunnel.replaces !== undefined && { replaces: tunnel.replaces }),
  },
  peers: Object.fromEntries(
    tunnel.peers.map((peer) => [peer.node.name, peerState(model, node, tunnel, peer)]),
  ),
});

function peerState(model: Model, node: Node, tunnel: PlannedTunnel, peer: TunnelPeer): Peer {
  const { node: other, publicKey, keepalive, watched } = peer;
  const endpoint = endpointFor(node, other, peer.lane);
  // Until the machine has its next key, the pair's is the one that it had.
  const own = tunnel.publicKey ?? tunnel.replaces;
  return {
    publicKey,
    ...(endpoint !== undefined && { endpoint }),
    ...(keepalive > 0 && { keepalive }),
    ...presharedKeysOf(model, [node, own], [other, publicKey]),
    ...(watched && { watched }),
  };
}

/** Who carries what: each tunnel its own, since packets may come by any of them. */
export const bindingsOf = (tunnels: readonly PlannedTunnel[]): Binding[] =>
  tunnels
    .flatMap(({ lane, peers }) => peers.map((peer) => ({ lane, peer })))
    .sort(by(({ lane, peer }) => `${peer.node.name} ${lane.number}`))
    .map(({ lane, peer }) => ({
      prefixes: peer.prefixes.map(String),
      candidates: [{ tunnel: lane.tunnel, peer: peer.node.name, rank: 0 }],
      sticky: false,
    }));
