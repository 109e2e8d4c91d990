import Type, { type Static } from 'typebox';
import { Loaded, loadQuestions, Pinged, Watched } from './benchmark.ts';
import { network, OfNetwork, type RouteShape, route } from './route.ts';
import { Name } from './schemas.ts';

const literal = <T extends string>(type: T) => Type.Literal(type);
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const Id = Type.Integer({ minimum: 0 });
const Text = Type.String({ maxLength: 64 });

/** A namespace that the agent's own state has; a question without one is asked where the machine's tunnels live. */
const Space = Type.String({ maxLength: 200 });

/** From this version of `tries` on agents answer what is asked in a namespace of theirs. */
export const triesInSpaces = 4;

/** From this one on they know of machines that no file names, and try DHCP and names on the list of a router. */
export const triesUnnamed = 5;

/**
 * What an agent is to try. reach: an ICMP echo, of `size` bytes as a packet that nobody may cut in pieces where that is said,
 * or a TCP connection that is ended at once. resolve: a name, as the programs of its machine look it up, or as a server of
 * names says that is asked by DNS. way: by which device
 * and peer packets to an address go now. counter: what a counter of its filters has counted; nothing is sent for either, and
 * agents answer them from version 2 of `tries` on. station: whether a machine answers on the port of a segment (ARP, neighbour
 * discovery). holds: whether a namespace is as its state says; nothing is sent for it. unnamed: whom a gateway knows on the port of a
 * segment beside the file; nothing is sent for it either. outside: whether who has a name on the list of a router answers, as `reach`.
 * dhcp: whether a DHCP server tells who has an address its options.
 */
export const Question = Type.Union([
  Type.Object({
    id: Id,
    kind: literal('reach'),
    address: Text,
    space: Type.Optional(Space),
    /** Of TCP; absent: an ICMP echo. */
    port: Type.Optional(Port),
    size: Type.Optional(Type.Integer({ minimum: 68, maximum: 65_535 })),
  }),
  Type.Object({
    id: Id,
    kind: literal('resolve'),
    name: Type.String({ maxLength: 253 }),
    space: Type.Optional(Space),
    /** Its address; absent: whoever the machine asks. */
    server: Type.Optional(Text),
  }),
  Type.Object({ id: Id, kind: literal('way'), address: Text }),
  Type.Object({ id: Id, kind: literal('counter'), name: Type.String({ maxLength: 200 }) }),
  Type.Object({ id: Id, kind: literal('station'), space: Space, mac: Text, address: Text }),
  Type.Object({ id: Id, kind: literal('holds'), space: Space }),
  Type.Object({ id: Id, kind: literal('unnamed'), space: Space }),
  Type.Object({
    id: Id,
    kind: literal('dhcp'),
    space: Space,
    server: Text,
    /** Of who asks, and has them for good. */
    address: Text,
    mac: Text,
  }),
  Type.Object({
    id: Id,
    kind: literal('outside'),
    space: Space,
    host: Type.String({ maxLength: 253 }),
    /** Of TCP; absent: an ICMP echo. */
    port: Type.Optional(Port),
  }),
  ...loadQuestions,
]);
export type Question = Static<typeof Question>;

/**
 * answered: it came back, a connection was made, the name has addresses, or what was to be looked at was. closed: it arrived where nobody listens.
 * refused: something on the way said no, or whoever was asked for a name does. silent: nothing came back in time.
 */
export const TryOutcome = Type.Union([
  literal('answered'),
  literal('closed'),
  literal('refused'),
  literal('silent'),
]);
export type TryOutcome = Static<typeof TryOutcome>;

/** By which device packets go, and to which peer where that is a tunnel of ours. */
export const Way = Type.Object({
  device: Type.String({ maxLength: 64 }),
  peer: Type.Optional(Name),
});
export type Way = Static<typeof Way>;

/** So much of what differs in a namespace is told. */
export const mostDiffering = 20;

/** So many machines that no file names are told of, of each segment at a site. */
export const mostUnnamed = 50;

/** Machines that no file names: how many there are, and some of them. */
export const Unnamed = Type.Object({
  all: Type.Integer({ minimum: 0 }),
  some: Type.Array(Type.Object({ mac: Text, address: Text }), { maxItems: mostUnnamed }),
});
export type Unnamed = Static<typeof Unnamed>;

const Many = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const Counted = Type.Object({ packets: Many, bytes: Many });
export type Counted = Static<typeof Counted>;

export const Tried = Type.Object({
  id: Id,
  outcome: TryOutcome,
  /** Milliseconds until it was known. */
  ms: Type.Number({ minimum: 0 }),
  /** As the system says it. */
  error: Type.Optional(Type.String({ maxLength: 300 })),
  /** Of a name, or of who has it. */
  addresses: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 })),
  way: Type.Optional(Way),
  counted: Type.Optional(Counted),
  /** What of a namespace is not as its state says, in the words of a plan. */
  differs: Type.Optional(Type.Array(Type.String({ maxLength: 300 }), { maxItems: mostDiffering })),
  unnamed: Type.Optional(Unnamed),
  watched: Type.Optional(Watched),
  pinged: Type.Optional(Pinged),
  loaded: Type.Optional(Loaded),
});
export type Tried = Static<typeof Tried>;

/** So many questions at most an agent is asked in one message, and so many machines are tried in one request. */
export const mostQuestions = 200;
export const mostVerified = 20;

/** Try this, each of them at most so many ms. An agent answers with `tried`, of the same id. */
export const TryMessage = Type.Object({
  type: literal('try'),
  id: Id,
  within: Type.Integer({ minimum: 1, maximum: 60_000 }),
  questions: Type.Array(Question, { maxItems: mostQuestions }),
});
export type TryMessage = Static<typeof TryMessage>;

export const TriedReport = Type.Object({
  type: literal('tried'),
  id: Id,
  answers: Type.Array(Tried, { maxItems: mostQuestions }),
});
export type TriedReport = Static<typeof TriedReport>;

export const VerifyRequest = Type.Object({
  /** Where it is tried from: a machine whose agent is connected. */
  from: Name,
  /** Absent: every machine and host of the file. */
  to: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 1000 })),
  /** So many of them were done before: one request does `mostVerified`. */
  after: Type.Optional(Type.Integer({ minimum: 0 })),
  /** `icmp`, `tcp/22`; absent: ICMP, the first port of each span that the policy names, and one that it does not. */
  ports: Type.Optional(Type.Array(Type.String({ maxLength: 20 }), { maxItems: 20 })),
});
export type VerifyRequest = Static<typeof VerifyRequest>;

/** What was tried, what the file says of it, and what came of it. */
export const Verified = Type.Object({
  /** A machine or host; in segments also a router or server of ours, the address of a machine that no file names, an entry of a router's list, or a namespace. */
  to: Type.String(),
  /** Address, or name that was looked up. */
  target: Type.String(),
  /** `icmp`, `tcp/22`, `mtu 1420`, `name`; in segments also `arp`, `nd`, `dhcp`, `egress tcp/53`, `filters`. */
  what: Type.String(),
  /** The server that was asked for a name; absent: whoever the machine asks. */
  by: Type.Optional(Type.String()),
  /** As `hawser trace` says it; names have none. */
  verdict: Type.Optional(Type.String()),
  ...Type.Pick(Tried, ['outcome', 'ms', 'error', 'addresses']).properties,
  /** One sentence that says what is not as the file says; absent: nothing. */
  wrong: Type.Optional(Type.String()),
});
export type Verified = Static<typeof Verified>;

export const VerifyResult = Type.Object({
  /** How many machines and hosts there are to try, and how many are done with this answer. */
  all: Type.Integer(),
  done: Type.Integer(),
  verified: Type.Array(Verified),
});
export type VerifyResult = Static<typeof VerifyResult>;

export const VerifySegmentRequest = Type.Object({
  segment: Name,
  /** By the agent of this machine alone. */
  from: Type.Optional(Name),
  /** Of these alone. */
  to: VerifyRequest.properties.to,
  /** So many parts were done before: one request does one. */
  after: VerifyRequest.properties.after,
  ports: VerifyRequest.properties.ports,
});
export type VerifySegmentRequest = Static<typeof VerifySegmentRequest>;

export const VerifySegmentResult = Type.Object({
  /** How many parts there are, each tried by one agent, and how many are done with this answer. */
  all: Type.Integer(),
  done: Type.Integer(),
  /** Who spoke: a machine, a router of ours, or a DHCP server of ours. */
  from: Type.Optional(Type.String()),
  verified: Type.Array(Verified),
  /** What nobody can try, by name, and why; all but what this part is about with the first answer. */
  untried: Type.Array(Type.Object({ what: Type.String(), why: Type.String() })),
});
export type VerifySegmentResult = Static<typeof VerifySegmentResult>;

export const verifyRoutes = {
  verify: route({
    method: 'POST',
    path: `${network}/verify`,
    permission: 'apply',
    summary: 'Let an agent try what the file says of flows and names, on the live network',
    params: OfNetwork,
    body: VerifyRequest,
    response: VerifyResult,
  }),
  verifySegment: route({
    method: 'POST',
    path: `${network}/verify/segment`,
    permission: 'apply',
    summary:
      'Let agents try what the file says of a segment, by whoever of ours has an address in it',
    params: OfNetwork,
    body: VerifySegmentRequest,
    response: VerifySegmentResult,
  }),
} as const satisfies Readonly<Record<string, RouteShape>>;
