import Type, { type Static } from 'typebox';
import { Finding } from './problem.ts';

/**
 * Base64 of 32 bytes: X25519 and Ed25519 public keys. The last character has two bits that must be zero:
 * wg(8) refuses a file with any other key, and all other peers in it.
 */
export const PublicKey = Type.String({ pattern: '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$' });
/** Seconds are too coarse for an order of events: RFC 3339 in UTC with milliseconds. */
export const Time = Type.String({ format: 'date-time' });
/** A machine's or a network's name: a DNS label. */
export const Name = Type.String({ pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$', maxLength: 63 });

/** The largest integer that every store keeps. */
const largest = 2_147_483_647;
export const Count = Type.Integer({ minimum: 0, maximum: largest });

/** Names one state of the file for ever: a restore begins a new epoch, numbers go on within one. */
export const RevisionId = Type.Object({ epoch: Type.String(), number: Type.Integer() });
export type RevisionId = Static<typeof RevisionId>;

/** The network's file and all it includes, by path relative to the entry's folder. */
export const FileSet = Type.Object({
  entry: Type.String(),
  files: Type.Record(Type.String(), Type.String()),
});
export type FileSet = Static<typeof FileSet>;

export const RevisionKind = Type.Union([
  Type.Literal('create'),
  Type.Literal('apply'),
  Type.Literal('join'),
  Type.Literal('remove'),
  Type.Literal('rollback'),
  Type.Literal('restore'),
]);

export const Revision = Type.Object({
  id: RevisionId,
  kind: RevisionKind,
  at: Time,
  /** Token name or machine. */
  author: Type.String(),
  why: Type.String(),
  /**
   * held: waits for another operator, or for whoever minds the brake on mass removals. rejected, overtaken: waited,
   * and will not be, since somebody said so or a later one came.
   */
  state: Type.Union([
    Type.Literal('applied'),
    Type.Literal('held'),
    Type.Literal('rejected'),
    Type.Literal('overtaken'),
  ]),
  /** One line per machine that changed, from the plan's own words. */
  summary: Type.Array(Type.String()),
  /** Who let it go, if it was held. */
  approver: Type.Optional(Type.String()),
});
export type Revision = Static<typeof Revision>;

/** What a server hands out to machines: Hawser itself, as `npm run package` makes it. */
export const Package = Type.Object({
  name: Type.String(),
  /** For dpkg, or an archive for everybody else. */
  kind: Type.Union([Type.Literal('deb'), Type.Literal('archive')]),
  /** As dpkg names it. */
  architecture: Type.String(),
  version: Type.String(),
  /** Hex. */
  sha256: Type.String(),
});
export type Package = Static<typeof Package>;

/**
 * What becomes of an upgrade. working: it is under way. done: the new agent is connected. reverted: it
 * did not return, and the one before is back. failed: nothing was changed.
 */
export const Upgrade = Type.Object({
  /** Of the order. */
  id: Type.String(),
  version: Type.String(),
  outcome: Type.Union([
    Type.Literal('working'),
    Type.Literal('done'),
    Type.Literal('reverted'),
    Type.Literal('failed'),
  ]),
  error: Type.Optional(Finding),
});
export type Upgrade = Static<typeof Upgrade>;

/** What a machine is to the server now. */
export const MachineStatus = Type.Object({
  name: Type.String(),
  /** file: named there, not joined. pending: joined, waits for approval. enrolled: has an identity. */
  enrolment: Type.Union([
    Type.Literal('file'),
    Type.Literal('pending'),
    Type.Literal('enrolled'),
    Type.Literal('unmanaged'),
  ]),
  /** The site that it is of; absent: a member of its own. */
  site: Type.Optional(Type.String()),
  /** It carries a hub of the topology. */
  hub: Type.Optional(Type.Boolean()),
  /** It is a hub of the topology, or the server runs on it: others need it. */
  isNeeded: Type.Optional(Type.Boolean()),
  /** Subnets lie behind it and nothing there can be asked: its site has no hosts, and names nothing to be asked. */
  gatewayOnly: Type.Optional(Type.Boolean()),
  connected: Type.Boolean(),
  since: Type.Optional(Time),
  lastSeen: Type.Optional(Time),
  /** Where the server is that it is connected to, if that is another than the one that was asked. */
  server: Type.Optional(Type.String()),
  address: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  /** Whether its agent can put another version in its own place. */
  upgradable: Type.Optional(Type.Boolean()),
  /** The last one, as far as the server that it is connected to has heard. */
  upgrade: Type.Optional(Upgrade),
  overlay: Type.Array(Type.String()),
  /** Of a member: whose it is, when it is cut off, and why it is. */
  person: Type.Optional(Type.String()),
  expires: Type.Optional(Time),
  cutOff: Type.Optional(Type.Union([Type.Literal('revoked'), Type.Literal('expired')])),
  /** Whether a key of it is known. */
  hasKey: Type.Optional(Type.Boolean()),
  /** Until when a link is good by which it gets one. */
  invited: Type.Optional(Time),
  /** Revision whose state it last confirmed, and the one it should have. */
  confirmed: Type.Optional(Type.Integer()),
  wanted: Type.Optional(Type.Integer()),
  /** paused, frozen, behind, quarantined, needs-agent, drift... in the order of weight. */
  notes: Type.Array(Type.String()),
  failures: Type.Array(Finding),
  /** What it sees that is not as it should be, and no failure of its own. */
  warnings: Type.Optional(Type.Array(Finding)),
});
export type MachineStatus = Static<typeof MachineStatus>;

const Whole = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Names under which one machine counts what a segment's filters drop. */
export const mostDrops = 100;

/** What a machine that carries a segment knows of it. */
export const SegmentSample = Type.Object({
  /** Addresses that a DHCP server of ours has given there and that are still given; absent: there is none. */
  leases: Type.Optional(Whole),
  /** MAC addresses of machines known on its own port, and behind other gateways; absent where it keeps no table of them. */
  here: Type.Optional(Whole),
  elsewhere: Type.Optional(Whole),
  /** Frames that its filters dropped since they were made, by the name of the counter. */
  dropped: Type.Record(Type.String({ maxLength: 200 }), Whole, { maxProperties: mostDrops }),
});
export type SegmentSample = Static<typeof SegmentSample>;

/** A segment at one of its sites; without `dropped` nobody tells of it here. */
export const SegmentStatus = Type.Object({
  segment: Type.String(),
  site: Type.String(),
  gateway: Type.String(),
  ...Type.Partial(SegmentSample).properties,
});
export type SegmentStatus = Static<typeof SegmentStatus>;

export const NetworkStatus = Type.Object({
  network: Type.String(),
  revision: RevisionId,
  frozen: Type.Boolean(),
  /** How many people a change needs. */
  approvals: Type.Integer(),
  /** The revision that waits. */
  held: Type.Optional(Revision),
  /** The newest revision, if it took the one before back because machines did not keep that. */
  takenBack: Type.Optional(Revision),
  machines: Type.Array(MachineStatus),
  /** By segment and site; absent where there is no segment. */
  segments: Type.Optional(Type.Array(SegmentStatus)),
});
export type NetworkStatus = Static<typeof NetworkStatus>;

export const PlanRequest = Type.Object({
  ...FileSet.properties,
  /** The machine of the network that who asks is on, as its agent calls it. */
  machine: Type.Optional(Name),
});

/** A plan as `hawser plan` shows it. `hash` pins what it was made from (file, inventory, ledger, keys). */
export const PlanResult = Type.Object({
  base: RevisionId,
  hash: Type.String(),
  /** For people; empty if nothing changes. */
  text: Type.String(),
  machines: Type.Array(Type.Unknown()),
  access: Type.Array(Type.Unknown()),
  staleExports: Type.Array(Type.String()),
  tests: Type.Array(Type.Unknown()),
  warnings: Type.Array(Finding),
  /** What else there is to say of it, in words. */
  notes: Type.Optional(Type.Array(Type.String())),
});
export type PlanResult = Static<typeof PlanResult>;

export const DriftEntry = Type.Object({
  machine: Type.String(),
  at: Time,
  /** What differed and was put back, in the words of a plan. */
  changes: Type.Array(Type.String()),
  /** How often within the last day. */
  times: Type.Integer(),
});
export type DriftEntry = Static<typeof DriftEntry>;

export const TokenInfo = Type.Object({
  id: Type.String(),
  role: Type.String(),
  name: Type.String(),
  network: Type.Optional(Type.String()),
  created: Time,
  expires: Type.Optional(Time),
  usesLeft: Type.Optional(Type.Integer()),
  tags: Type.Array(Type.String()),
  ephemeral: Type.Boolean(),
  /** Joins with it become members of the file at once, without `hawser approve`. */
  admits: Type.Boolean(),
  lastUsed: Type.Optional(Time),
  revoked: Type.Boolean(),
  /** The token for whose holder it speaks; absent: its own. */
  person: Type.Optional(Type.String()),
  /** Seconds that members have that join with it. */
  memberLife: Type.Optional(Type.Integer({ minimum: 1 })),
});
export type TokenInfo = Static<typeof TokenInfo>;

/** What is asked of a new token. */
export const NewToken = Type.Object({
  role: Type.Union([
    Type.Literal('admin'),
    Type.Literal('operator'),
    Type.Literal('viewer'),
    Type.Literal('join'),
  ]),
  name: Type.String({ minLength: 1, maxLength: 100 }),
  network: Type.Optional(Name),
  expires: Type.Optional(Time),
  uses: Type.Optional(Type.Integer({ minimum: 1, maximum: largest })),
  tags: Type.Optional(Type.Array(Name)),
  ephemeral: Type.Optional(Type.Boolean()),
  admits: Type.Optional(Type.Boolean()),
  /** Of a join token: seconds after which members that join with it are cut off. */
  memberLife: Type.Optional(Type.Integer({ minimum: 60, maximum: 2_000_000_000 })),
  /** A join token for this machine and no other. */
  machine: Type.Optional(Name),
});

export const AuditEntry = Type.Object({
  seq: Type.Integer(),
  at: Time,
  actor: Type.String(),
  action: Type.String(),
  network: Type.Optional(Type.String()),
  revision: Type.Optional(Type.Integer()),
  detail: Type.Unknown(),
});
export type AuditEntry = Static<typeof AuditEntry>;
