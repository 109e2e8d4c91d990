import { by } from '#base';
import type { Prefix } from '#ip';
import type { Binding, Peer, Tunnel } from '#state';
import type { RotationPhase } from '../inputs.ts';
import { detourLane, type Lane, laneOf } from '../lanes.ts';
import type { Model, Node, Turn } from '../model.ts';
import { usualKeepalive } from '../pairs.ts';
import { type Carried, endpointFor, presharedKeysOf } from './peers.ts';
import { tunnelSpace } from './routers/place.ts';

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

/** The tunnels of a machine: one, and others beside it while a key changes. The usual one first. Pure. */
export function tunnelsOf(
  model: Model,
  node: Node,
  carried: readonly Carried[],
): readonly [PlannedTunnel, ...PlannedTunnel[]] {
  const usual = usualOf(model, node, carried);
  const beside = besideOf(model, node, carried);
  const detour = detourOf(model, node, carried);
  const isUsual = model.turn !== undefined && openToFiles.includes(model.turn.phase);
  const [first, ...others] =
    beside && isUsual ? [beside, usual] : [usual, ...(beside ? [beside] : [])];
  return [first, ...others, ...(detour ? [detour] : [])];
}

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

/** Whether the machine is to make another key for its usual tunnel, and has not said that it did. */
const hasOldKey = ({ phase, retired, node, beside }: Turn): boolean =>
  beside === undefined && ['rekey', 'prove', 'now'].includes(phase) && node.publicKey === retired;

/** How an end of the usual tunnels, or of one beside them, speaks with the other. */
function speechOf(model: Model, node: Node, other: Node): Speech {
  const { turn } = model;
  const usual = usualKeepalive(node, other);
  const isIdle = turn && ['rekey', 'prove', 'undo'].includes(turn.phase);
  if (!isIdle || !arePartners(turn, node, other)) return { keepalive: usual, watched: false };
  return speech(usual, turn.phase === 'rekey', other === turn.node);
}

/**
 * Phases in which a tunnel beside the usual one has the new key; in which it takes those that have it in a
 * file; and in which files name it.
 */
const withNewKey: readonly RotationPhase[] = ['rekey', 'prove', 'back', 'linger', 'files'];
const openToFiles: readonly RotationPhase[] = ['linger', 'files'];
const withNewFiles: readonly RotationPhase[] = ['files'];

/** The lane of a machine that the usual tunnel of another one leads to. */
function laneFor({ turn }: Model, viewer: Node, node: Node): number {
  const { beside, phase } = turn ?? {};
  if (turn?.node !== node || beside === undefined || phase === undefined) return node.home;
  const phases = viewer.machine.managed ? withNewKey : withNewFiles;
  return phases.includes(phase) && node.keys[beside] !== undefined ? beside : node.home;
}

const keyOfLane = (node: Node, lane: number): string | undefined =>
  lane === node.home ? node.publicKey : node.keys[lane];

const peerBy = (model: Model, node: Node, peer: Carried): TunnelPeer => {
  const lane = laneFor(model, node, peer.node);
  return {
    ...peer,
    lane: laneOf(model, peer.node, lane),
    publicKey: keyOfLane(peer.node, lane) as string,
    ...speechOf(model, node, peer.node),
  };
};

/** The usual tunnel. Those who have its key in a file stay with it until they have another. */
function usualOf(model: Model, node: Node, carried: readonly Carried[]): PlannedTunnel {
  const { turn } = model;
  const rekeys = turn?.node === node && hasOldKey(turn);
  const here = carried.filter(
    (peer) => !peer.node.machine.managed || laneFor(model, peer.node, node) === node.home,
  );
  return {
    lane: laneOf(model, node, node.home),
    publicKey: rekeys ? undefined : node.publicKey,
    ...(rekeys && turn.retired !== undefined && { replaces: turn.retired }),
    peers: here.map((peer) => peerBy(model, node, peer)),
  };
}

/** The tunnel with the new key, beside the one whose old key has to stay. */
function besideOf(
  model: Model,
  node: Node,
  carried: readonly Carried[],
): PlannedTunnel | undefined {
  const { turn } = model;
  if (turn?.node !== node || turn.beside === undefined || !withNewKey.includes(turn.phase)) {
    return undefined;
  }
  const { beside, phase } = turn;
  const here = carried.filter((peer) =>
    isFileHolder(peer)
      ? openToFiles.includes(phase) && node.keys[beside] !== undefined
      : laneFor(model, peer.node, node) === beside,
  );
  const peers = here.map((peer): TunnelPeer => {
    const whole = peerBy(model, node, peer);
    return peer.node.machine.managed ? whole : { ...whole, watched: true };
  });
  return { lane: laneOf(model, node, beside), publicKey: node.keys[beside], peers };
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
  if (!turn || turn.phase === 'now' || turn.phase === 'files') return undefined;
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

/** Peers that packets reach by another device than the usual one; without one by whichever lives. */
export interface Diversion {
  readonly device: string | undefined;
  readonly peers: readonly Carried[];
}

/** Where packets do not take the first of a machine's tunnels. */
export function diversionsOf(
  { turn }: Model,
  node: Node,
  tunnels: readonly PlannedTunnel[],
): readonly Diversion[] {
  if (!turn) return [];
  const { phase } = turn;
  const at = (number: number | undefined) => tunnels.find(({ lane }) => lane.number === number);
  const detour = at(detourLane);
  const beside = turn.node === node ? at(turn.beside) : undefined;
  const taken = takesDetour.includes(phase) ? (detour?.peers ?? []) : [];
  const gone = new Set(taken.map((peer) => peer.node));
  const others = (beside?.peers ?? []).filter((peer) => !gone.has(peer.node));
  // Also while that is the first already: routes that go before others come would leave a gap.
  const managed = phase === 'files' ? [] : others.filter((peer) => !isFileHolder(peer));
  return [
    { device: detour?.lane.interface, peers: taken },
    { device: beside?.lane.interface, peers: managed },
    { device: undefined, peers: others.filter(isFileHolder) },
  ].filter(({ peers }) => peers.length > 0);
}

const takesDetour: readonly RotationPhase[] = ['moved', 'rekey', 'prove', 'undo'];

const isFileHolder = ({ node }: Carried): boolean => !node.machine.managed;

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
  livesIn: tunnelSpace(model, node) ?? 'root',
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

const known = new WeakMap<readonly Prefix[], readonly string[]>();

/** Prefixes as text; where several machines have the same list, it is one list. */
function textsOf(prefixes: readonly Prefix[]): readonly string[] {
  const texts = known.get(prefixes) ?? prefixes.map(String);
  known.set(prefixes, texts);
  return texts;
}

/**
 * Who carries what: each tunnel its own, since packets may come by any of them. Where a peer is known by one
 * key or another, nobody but the machine can tell by which it lives; the older one is tried first.
 */
export function bindingsOf(tunnels: readonly PlannedTunnel[]): Binding[] {
  const all = tunnels.flatMap(({ lane, peers }) => peers.map((peer) => ({ lane, peer })));
  const groups = Map.groupBy(all, ({ lane, peer }) =>
    isFileHolder(peer) ? peer.node.name : `${peer.node.name} ${lane.number}`,
  );
  return [...groups].sort(by(([key]) => key)).map(([, same]) => ({
    prefixes: [...textsOf(same[0]?.peer.prefixes ?? [])],
    candidates: same.toReversed().map(({ lane, peer }, rank) => ({
      tunnel: lane.tunnel,
      peer: peer.node.name,
      rank,
    })),
    sticky: false,
  }));
}
