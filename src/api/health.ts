import Type, { type Static } from 'typebox';
import { RevisionId } from './schemas.ts';

/** Bytes and seconds may be many. */
const Whole = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Seconds within which an agent that runs has told of its tunnels again. */
export const samplesWithin = 90;

/** One end of a tunnel, as the machine there has it. */
export const PeerSample = Type.Object({
  /** Where packets come from, `host:port`. */
  endpoint: Type.Optional(Type.String({ maxLength: 300 })),
  /** Seconds since the last handshake; absent: there was none. */
  handshake: Type.Optional(Whole),
  /** Seconds since bytes came; absent: none were seen to. */
  heard: Type.Optional(Whole),
  /** Bytes received and sent, since the device was made. */
  rx: Whole,
  tx: Whole,
});
export type PeerSample = Static<typeof PeerSample>;

/**
 * up: both ends hear each other, as far as they tell. degraded: only one does. stale: nothing comes any more,
 * by one end alone. down: by both, or by one while the other machine is away. never: there was no handshake
 * yet. unknown: nobody tells. misconfigured: one identity at two places.
 */
export const TunnelState = Type.Union([
  Type.Literal('misconfigured'),
  Type.Literal('down'),
  Type.Literal('stale'),
  Type.Literal('degraded'),
  Type.Literal('never'),
  Type.Literal('unknown'),
  Type.Literal('up'),
]);
export type TunnelState = Static<typeof TunnelState>;
/** The worst first. */
export const tunnelStates = TunnelState.anyOf.map((state) => state.const);

const TunnelEnd = Type.Object({
  machine: Type.String(),
  /** Whether an agent there tells of it now. */
  tells: Type.Boolean(),
  sample: Type.Optional(PeerSample),
});
export type TunnelEnd = Static<typeof TunnelEnd>;

/** A tunnel between two machines, from both its ends. */
export const TunnelStatus = Type.Object({
  state: TunnelState,
  /** One sentence: by what evidence. */
  why: Type.String(),
  ends: Type.Tuple([TunnelEnd, TunnelEnd]),
});
export type TunnelStatus = Static<typeof TunnelStatus>;

/** The worst first, then by name. */
export const TunnelsStatus = Type.Object({
  network: Type.String(),
  revision: RevisionId,
  /** Of all of them, also where only some are asked for. */
  counts: Type.Record(Type.String(), Type.Integer()),
  tunnels: Type.Array(TunnelStatus),
});
export type TunnelsStatus = Static<typeof TunnelsStatus>;
