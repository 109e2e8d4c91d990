import Type, { type Static } from 'typebox';
import { HostState } from '#state';
import { PeerSample, ProbeSample, TunnelSeries } from './health.ts';
import { TimedResult } from './monitors.ts';
import { Finding } from './problem.ts';
import { Count, Name, Package, PublicKey, SegmentSample, Time, Upgrade } from './schemas.ts';
import { TriedReport, TryMessage } from './verify.ts';

/**
 * The agents' channel: one WebSocket both ways, JSON text frames, one per (machine, network). The
 * server opens with a challenge; the agent proves its identity and says what it has; from then on the
 * server sends states and the agent reports. A state is named by (epoch, rev, hash): full once, then
 * deltas against a hash the agent has, or `current` where nothing changed. The hash is `hashState`'s,
 * which leaves epoch and revision out: where a revision does not touch a machine, its agent is told
 * nothing, and learns the newer name with the next message.
 */
export const channelVersion = 1;

const literal = <T extends string>(type: T) => Type.Literal(type);
const StateName = { epoch: Type.String(), rev: Count, hash: Type.String() };

/** `nonce`: 32 random bytes, base64. */
export const Challenge = Type.Object({
  type: literal('challenge'),
  version: Type.Integer(),
  nonce: Type.String(),
});

/** What the agent signs, so that a proof is good for one connection to one network only. */
export const proofText = (network: string, machine: string, nonce: string): string =>
  `hawser agent channel 1\n${network}\n${machine}\n${nonce}\n`;

/** What a joining machine signs, so that nobody enrols an identity that is not theirs. */
export const joinProofText = (network: string, identity: string, keys: readonly string[]): string =>
  `hawser join 1\n${network}\n${identity}\n${keys.join(' ')}\n`;

/** How an agent's program was installed, where it can put another version in its own place. */
export const Install = Type.Pick(Package, ['kind', 'architecture']);
export type Install = Static<typeof Install>;

export const Hello = Type.Object({
  type: literal('hello'),
  machine: Type.String(),
  /** Ed25519 public key, and its signature over `proofText`, base64. */
  identity: PublicKey,
  signature: Type.String(),
  /** Of the agent's program. */
  program: Type.String(),
  install: Type.Optional(Install),
  /** The last one that this server ordered, as far as the agent knows. */
  upgrade: Type.Optional(Upgrade),
  /** HostState facilities and the newest version of each that this agent knows; `probes`: it answers them; `tries`: which questions it tries to answer. */
  supports: Type.Record(Type.String(), Type.Integer()),
  /** The state that the machine has now. */
  has: Type.Optional(Type.Object(StateName)),
  /** The one that was confirmed last; differs from `has` while one is being tried. */
  confirmed: Type.Optional(Type.Object(StateName)),
  /** WireGuard public keys by lane. */
  keys: Type.Record(Type.String(), PublicKey),
  seen: Type.Object({
    /** MTU towards the peers' endpoints, bytes. */
    mtu: Type.Optional(Type.Integer()),
    /** Ticks apart tell clones: random at each start of the agent's process. */
    boot: Type.String(),
  }),
  paused: Type.Optional(Time),
});
export type Hello = Static<typeof Hello>;

/** Values of secrets that a state refers to, by `id@version`. */
const Secrets = Type.Optional(Type.Record(Type.String(), Type.String()));

/**
 * ms over which machines spread the connections by which they prove a state, where many are told at once and
 * nothing hangs on it; absent: as they like.
 */
const Spread = Type.Optional(Type.Integer({ minimum: 0 }));

/**
 * How many acts of persons (a change of the file, somebody cut off) a state rests on. What was only learned
 * since, such as an MTU or a key, gives another state of the same act. Absent from servers that do not count.
 */
const Act = Type.Optional(Count);

export const StateMessage = Type.Object({
  type: literal('state'),
  ...StateName,
  act: Act,
  state: HostState,
  secrets: Secrets,
  spread: Spread,
});
export type StateMessage = Static<typeof StateMessage>;

/**
 * `delta` turns the state whose hash is `from` into the named one (`applyDelta` of `#state`). `fromAct`: up to
 * which act that one was what the machine should have.
 */
export const DeltaMessage = Type.Object({
  type: literal('delta'),
  ...StateName,
  act: Act,
  from: Type.String(),
  fromAct: Act,
  delta: Type.Unknown(),
  secrets: Secrets,
  spread: Spread,
});
export type DeltaMessage = Static<typeof DeltaMessage>;

/**
 * The agent has the wanted state, or took it back with its act; `rev` and `act` may be newer than those it
 * knew it by.
 */
export const CurrentMessage = Type.Object({ type: literal('current'), ...StateName, act: Act });
export type CurrentMessage = Static<typeof CurrentMessage>;

/** A frozen network changes nothing on its machines until thawed; drift is told, not repaired. */
export const FreezeMessage = Type.Object({ type: literal('freeze'), frozen: Type.Boolean() });

/**
 * It joined and waits for approval: there is no state for it yet. Like `state`, `delta` and `current`
 * this answers the agent's hello: one of them comes at once, and until then nothing is proven.
 */
export const PendingMessage = Type.Object({ type: literal('pending') });

/** Where the servers are from now on, and whose certificates vouch for them; as in `JoinResponse`. */
export const TrustMessage = Type.Object({
  type: literal('trust'),
  servers: Type.Array(Type.String()),
  authorities: Type.Array(Type.String()),
});
export type TrustMessage = Static<typeof TrustMessage>;

/** The machine was removed: clean up what is ours, forget the network, do not return. */
export const RemovedMessage = Type.Object({ type: literal('removed') });

/** Why the server ends the connection. `again`: seconds after which it makes sense to return. */
export const RefusedMessage = Type.Object({
  type: literal('refused'),
  error: Finding,
  again: Type.Optional(Type.Integer()),
});

/** A person asked for a retry of what failed or is quarantined. */
export const RetryMessage = Type.Object({ type: literal('retry') });

/** Put another version of the program in place: one of these packages, from any of the servers. */
export const UpgradeMessage = Type.Object({
  type: literal('upgrade'),
  /** By which it is told what became of it. */
  id: Type.String(),
  packages: Type.Array(Package),
  /** Seconds that the new agent has to be connected again, before the one before it takes its place back. */
  within: Type.Integer({ minimum: 1 }),
});
export type UpgradeMessage = Static<typeof UpgradeMessage>;

export const ToAgent = Type.Union([
  Challenge,
  StateMessage,
  DeltaMessage,
  CurrentMessage,
  PendingMessage,
  TrustMessage,
  FreezeMessage,
  RemovedMessage,
  RefusedMessage,
  RetryMessage,
  UpgradeMessage,
  TryMessage,
]);
export type ToAgent = Static<typeof ToAgent>;

/**
 * What became of a state. applied: the machine is so, not yet confirmed. confirmed: and a new
 * connection proved it. failed: part of it could not be done (`failures`). reverted: taken back because
 * the server could not be reached with it; quarantined until a person acts. held: paused or frozen.
 * waiting: a delta did not fit, send the whole.
 */
export const Outcome = Type.Union([
  literal('applied'),
  literal('confirmed'),
  literal('failed'),
  literal('reverted'),
  literal('held'),
  literal('waiting'),
]);
export type Outcome = Static<typeof Outcome>;

export const StateReport = Type.Object({
  type: literal('report'),
  ...StateName,
  outcome: Outcome,
  /** Of what is reverted: so is all that rests on the same act. */
  withAct: Type.Optional(Type.Boolean()),
  /** In the words of a plan. */
  changes: Type.Array(Type.String()),
  failures: Type.Array(Finding),
});
export type StateReport = Static<typeof StateReport>;

/** Something of ours was changed by somebody else; it was put back unless the network is frozen. */
export const DriftReport = Type.Object({
  type: literal('drift'),
  at: Time,
  changes: Type.Array(Type.String()),
  repaired: Type.Boolean(),
});
export type DriftReport = Static<typeof DriftReport>;

/** Findings that one machine tells of at once. */
export const mostWarnings = 50;

/** New keys, another MTU or other warnings, whenever they change; handshakes that the state waits for. */
export const SeenReport = Type.Object({
  type: literal('seen'),
  keys: Type.Optional(Type.Record(Type.String(), PublicKey)),
  /** Public keys of watched peers with which there was a handshake. */
  handshakes: Type.Optional(Type.Array(PublicKey)),
  mtu: Type.Optional(Type.Integer()),
  paused: Type.Optional(Type.Union([Time, Type.Null()])),
  /** All that is not as it should be now, and is no failure of its state: what is at two places, names that are not found. */
  warnings: Type.Optional(Type.Array(Finding, { maxItems: mostWarnings })),
});

/**
 * How its tunnels are, by the name of the peer: all when a connection begins, then what changed, at least
 * once in `samplesWithin`.
 */
export const SamplesReport = Type.Object({
  type: literal('samples'),
  peers: Type.Record(Name, PeerSample),
  /** All plain hosts that it asks whether packets come back, behind peers or behind itself; absent: as before. */
  hosts: Type.Optional(Type.Record(Name, ProbeSample)),
  /** How they went since that was told last, every 10 s. */
  series: Type.Optional(Type.Record(Name, TunnelSeries)),
});
export type SamplesReport = Static<typeof SamplesReport>;

/** What its looks at services found: all when a connection begins, then what is another, each at least once in `samplesWithin`. */
export const MonitorsReport = Type.Object({
  type: literal('monitors'),
  results: Type.Record(Name, TimedResult),
});
export type MonitorsReport = Static<typeof MonitorsReport>;

/**
 * How the segments are that it carries, by their namespaces: all of them when a connection begins, then where leases or
 * machines are others, and once a minute where more was dropped.
 */
export const SegmentsReport = Type.Object({
  type: literal('segments'),
  segments: Type.Record(Type.String({ maxLength: 200 }), SegmentSample),
});
export type SegmentsReport = Static<typeof SegmentsReport>;

/** `keepsPlace`: file and peers go on naming it, as before it joined. */
export const LeaveMessage = Type.Object({
  type: literal('leave'),
  keepsPlace: Type.Optional(Type.Boolean()),
  why: Type.Optional(Type.String()),
});
export type LeaveMessage = Static<typeof LeaveMessage>;

export const UpgradeReport = Type.Object({ type: literal('upgrade'), ...Upgrade.properties });
export type UpgradeReport = Static<typeof UpgradeReport>;

export const FromAgent = Type.Union([
  Hello,
  StateReport,
  DriftReport,
  SeenReport,
  SamplesReport,
  MonitorsReport,
  SegmentsReport,
  LeaveMessage,
  UpgradeReport,
  TriedReport,
]);
export type FromAgent = Static<typeof FromAgent>;
