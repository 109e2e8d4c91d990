import Type, { type Static } from 'typebox';
import { RevisionId, Time } from './schemas.ts';

/** Bytes and seconds may be many. */
const Whole = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Seconds within which an agent that runs has told of its tunnels again. */
export const samplesWithin = 90;

/** Seconds of silence that an agent tells at once, as it tells when something is heard again. */
export const silenceTold = 60;

const Milliseconds = Type.Number({ minimum: 0, maximum: 600_000 });

/** What came of asking the machine at the other end, again and again, whether packets come back. */
export const ProbeSample = Type.Object({
  /** Until an answer came, of the last twenty the median; absent: none came. */
  rtt: Type.Optional(Milliseconds),
  /** The same over the last hour. */
  usual: Type.Optional(Milliseconds),
  /** Of the last twenty, the share that was not answered. */
  loss: Type.Number({ minimum: 0, maximum: 1 }),
  /** Seconds since an answer came last; absent: none ever did. */
  answered: Type.Optional(Whole),
  /** The last three were not answered. */
  mute: Type.Optional(Type.Literal(true)),
  /** Bytes of packets of which none comes back, while small ones do. */
  hole: Type.Optional(Whole),
});
export type ProbeSample = Static<typeof ProbeSample>;

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
  /** Absent where the machine does not ask, as it asks few of its peers. */
  probe: Type.Optional(ProbeSample),
});
export type PeerSample = Static<typeof PeerSample>;

/**
 * up: both ends hear each other, as far as they tell. degraded: only one does, or packets get lost, take long, or are too
 * large. stale: nothing comes any more from a machine without an agent, which may be off. down: from one with an agent, or
 * none that is sent comes back, or what begins a handshake does not arrive. never: there never was a handshake. invited: a link waits for
 * somebody to use it. unknown: nobody tells. misconfigured: one
 * identity at two places, or an end that is another than it should be and may not be put right.
 */
export const TunnelState = Type.Union([
  Type.Literal('misconfigured'),
  Type.Literal('down'),
  Type.Literal('stale'),
  Type.Literal('degraded'),
  Type.Literal('never'),
  Type.Literal('invited'),
  Type.Literal('unknown'),
  Type.Literal('up'),
]);
export type TunnelState = Static<typeof TunnelState>;
/** The worst first. */
export const tunnelStates = TunnelState.anyOf.map((state) => state.const);

/** Plain hosts behind a gateway, by name: as the other end hears them through the tunnel, and the gateway on their own network. */
export const BehindSamples = Type.Record(
  Type.String(),
  Type.Object({ through: Type.Optional(ProbeSample), near: Type.Optional(ProbeSample) }),
);
export type BehindSamples = Static<typeof BehindSamples>;

const TunnelEnd = Type.Object({
  machine: Type.String(),
  /** Whether an agent there tells of it now. */
  tells: Type.Boolean(),
  sample: Type.Optional(PeerSample),
  /**
   * What lies behind it and is asked through the tunnel; none: nobody there is known, the gateway alone is asked. Absent: nothing
   * does, or the other end is not one of those who ask.
   */
  behind: Type.Optional(BehindSamples),
});
export type TunnelEnd = Static<typeof TunnelEnd>;

/** A tunnel between two machines, from both its ends. */
export const TunnelStatus = Type.Object({
  state: TunnelState,
  /** One sentence: by what evidence. */
  why: Type.String(),
  /** When it was up last, where that alone speaks for it: whoever tells has had no handshake since it was made anew. */
  wasUp: Type.Optional(Time),
  ends: Type.Tuple([TunnelEnd, TunnelEnd]),
  /** Bytes a second, both ways together, in the last minute that was told; absent: nothing passes, or nobody tells. */
  rate: Type.Optional(Whole),
});
export type TunnelStatus = Static<typeof TunnelStatus>;

/** The worst first, then by name. */
export const TunnelsStatus = Type.Object({
  network: Type.String(),
  revision: RevisionId,
  /** Of all of them, also where only some are asked for. */
  counts: Type.Record(Type.String(), Type.Integer()),
  /**
   * Of those asked for, how many of each state are not in `tunnels`: beyond ten thousand of a state only the first of each
   * machine, and the first out of each site, are; absent: none. Those of one machine, or between two, are asked for by name.
   */
  leftOut: Type.Optional(Type.Record(Type.String(), Type.Integer())),
  tunnels: Type.Array(TunnelStatus),
});
export type TunnelsStatus = Static<typeof TunnelsStatus>;

/** Seconds from point to point of what agents tell, and of what is kept for long. */
export const historyStep = 10;
export const longStep = 300;

const points = <T extends Type.TSchema>(value: T) =>
  Type.Array(Type.Union([value, Type.Null()]), { maxItems: 360 });

/** How a tunnel went at one of its ends, one value for each 10 s; null: nothing is known. */
export const TunnelSeries = Type.Object({
  /** Seconds since the end of the last. */
  age: Type.Number({ minimum: 0, maximum: 100_000 }),
  /** Bytes that came and went meanwhile, however often counters began anew. */
  rx: points(Whole),
  tx: points(Whole),
  handshakes: points(Whole),
  rtt: points(Milliseconds),
  loss: points(Type.Number({ minimum: 0, maximum: 1 })),
});
export type TunnelSeries = Static<typeof TunnelSeries>;

const Column = Type.Array(Type.Union([Type.Number(), Type.Null()]));

/** What all tunnels of a network carried together; null: nobody told. */
export const Throughput = Type.Object({
  /** When the first step began. */
  from: Time,
  /** Seconds. */
  step: Type.Integer(),
  /** Bytes in each step. The last minute or two are not told yet by all. */
  bytes: Column,
});
export type Throughput = Static<typeof Throughput>;

/** How a tunnel went, by both its ends: one value for each step; null: nobody told. */
export const TunnelHistory = Type.Object({
  network: Type.String(),
  /** In the order in which they were asked for. */
  machines: Type.Tuple([Type.String(), Type.String()]),
  /** When the first step began. */
  from: Time,
  /** Seconds: 10 or 300. */
  step: Type.Integer(),
  /** Bytes from the first machine to the second, and back, in each step. */
  there: Column,
  back: Column,
  /** Milliseconds until a probe was answered. */
  rtt: Column,
  /** The share of probes without an answer, 0 to 1. */
  loss: Column,
  handshakes: Column,
});
export type TunnelHistory = Static<typeof TunnelHistory>;
