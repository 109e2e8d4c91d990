import Type, { type Static } from 'typebox';
import { Loaded, loadQuestions, Pinged, Watched } from './benchmark.ts';
import { network, OfNetwork, type RouteShape, route } from './route.ts';
import { Name } from './schemas.ts';

const literal = <T extends string>(type: T) => Type.Literal(type);
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const Id = Type.Integer({ minimum: 0 });

/**
 * What an agent is to try. reach: an ICMP echo, of `size` bytes as a packet that nobody may cut in pieces where that is said,
 * or a TCP connection that is ended at once. resolve: a name, as the programs of its machine look it up. way: by which device
 * and peer packets to an address go now. counter: what a counter of its filters has counted; nothing is sent for either, and
 * agents answer them from version 2 of `tries` on.
 */
export const Question = Type.Union([
  Type.Object({
    id: Id,
    kind: literal('reach'),
    address: Type.String({ maxLength: 64 }),
    /** Of TCP; absent: an ICMP echo. */
    port: Type.Optional(Port),
    size: Type.Optional(Type.Integer({ minimum: 68, maximum: 65_535 })),
  }),
  Type.Object({ id: Id, kind: literal('resolve'), name: Type.String({ maxLength: 253 }) }),
  Type.Object({ id: Id, kind: literal('way'), address: Type.String({ maxLength: 64 }) }),
  Type.Object({ id: Id, kind: literal('counter'), name: Type.String({ maxLength: 200 }) }),
  ...loadQuestions,
]);
export type Question = Static<typeof Question>;

/**
 * answered: it came back, a connection was made, or the name has addresses. closed: it arrived where nobody listens.
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
  /** Of a name. */
  addresses: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 })),
  way: Type.Optional(Way),
  counted: Type.Optional(Counted),
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
  to: Name,
  /** Address, or name that was looked up. */
  target: Type.String(),
  /** `icmp`, `tcp/22`, `mtu 1420`, `name`. */
  what: Type.String(),
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
} as const satisfies Readonly<Record<string, RouteShape>>;
