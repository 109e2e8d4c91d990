import Type, { type Static } from 'typebox';
import { network, OfNetwork, type RouteShape, route, Why } from './route.ts';
import { Name } from './schemas.ts';

const literal = <T extends string>(type: T) => Type.Literal(type);
const Id = Type.Integer({ minimum: 0 });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const Address = Type.String({ maxLength: 64 });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const Many = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Seconds of a measurement in each direction, and bytes after which it ends sooner. */
export const mostSeconds = 30;
export const usualSeconds = 5;
export const usualBytes = 10_000_000_000;
const Seconds = Type.Integer({ minimum: 1, maximum: 2 * mostSeconds });
const Bytes = Type.Integer({ minimum: 1_000_000, maximum: 1_000_000_000_000 });

/** iperf3(1), or what agents have themselves. */
export const LoadTool = Type.Union([literal('iperf3'), literal('own')]);
export type LoadTool = Static<typeof LoadTool>;
const Key = Type.String({ pattern: '^[0-9a-f]{32}$' });
const Ways = Type.Union([literal('there'), literal('back')]);

/**
 * What an agent is asked of a measurement, from version 3 of `tries` on. watch: how busy the machine is for so long. ping: so
 * many ICMP echoes. serve: be the other end, at this address for this machine alone and for one measurement; it is answered
 * when it listens. load: send there, or let send back, as much as goes.
 */
export const loadQuestions = [
  Type.Object({ id: Id, kind: literal('watch'), seconds: Seconds }),
  Type.Object({ id: Id, kind: literal('ping'), address: Address, seconds: Seconds }),
  Type.Object({
    ...{ id: Id, kind: literal('serve'), tool: LoadTool, seconds: Seconds },
    ...{ address: Address, port: Port, from: Address, key: Key },
  }),
  Type.Object({
    ...{ id: Id, kind: literal('load'), tool: LoadTool, seconds: Seconds, bytes: Bytes },
    ...{ address: Address, port: Port, direction: Ways, key: Key },
  }),
] as const;

/** How busy a machine was. */
export const Watched = Type.Object({
  cores: Type.Integer({ minimum: 1 }),
  /** Of all its cores together, and of the one that had most to do. */
  busy: Share,
  hottest: Share,
  /** Cores’ worth that wireguard-go used; absent: the kernel does it. */
  wireguard: Type.Optional(Type.Number({ minimum: 0 })),
  /** Whether iperf3 is there. */
  iperf3: Type.Boolean(),
});
export type Watched = Static<typeof Watched>;

/** Round trips, in ms. */
export const Pinged = Type.Object({
  sent: Many,
  received: Many,
  least: Type.Optional(Type.Number({ minimum: 0 })),
  mean: Type.Optional(Type.Number({ minimum: 0 })),
  most: Type.Optional(Type.Number({ minimum: 0 })),
});
export type Pinged = Static<typeof Pinged>;

export const Loaded = Type.Object({
  bytes: Many,
  seconds: Type.Number({ minimum: 0 }),
  /** TCP segments sent twice, of how many; absent: the sender could not tell. */
  again: Type.Optional(Many),
  segments: Type.Optional(Many),
});
export type Loaded = Static<typeof Loaded>;

/** What kept it from being faster. */
export const Limit = Type.Union([
  literal('bytes'),
  literal('wireguard-go'),
  literal('cpu'),
  literal('core'),
  literal('mtu'),
  literal('loss'),
  literal('link'),
]);
export type Limit = Static<typeof Limit>;

export const BenchmarkWay = Type.Object({
  from: Type.String(),
  to: Type.String(),
  ...Loaded.properties,
  /** Bits of payload a second. */
  rate: Type.Number({ minimum: 0 }),
  /** Round trips meanwhile; absent: no echo may pass. */
  latency: Type.Optional(Pinged),
  machines: Type.Array(Type.Object({ machine: Type.String(), ...Watched.properties })),
  limit: Limit,
  /** One sentence: by what evidence. */
  why: Type.String(),
});
export type BenchmarkWay = Static<typeof BenchmarkWay>;

export const BenchmarkResult = Type.Object({
  network: Type.String(),
  from: Type.String(),
  to: Type.String(),
  /** Machines on the way. */
  path: Type.Array(Type.String()),
  tool: LoadTool,
  /** TCP port by which it was measured. */
  port: Port,
  /** Round trips before there was any load. */
  latency: Type.Optional(Pinged),
  ways: Type.Array(BenchmarkWay),
});
export type BenchmarkResult = Static<typeof BenchmarkResult>;

export const BenchmarkRequest = Type.Object({
  from: Name,
  to: Name,
  /** Of each direction. */
  seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: mostSeconds })),
  bytes: Type.Optional(Bytes),
  /** TCP, to the second machine; the first that the policy lets pass, unless said. */
  port: Type.Optional(Port),
  why: Why,
});

export const benchmarkRoutes = {
  benchmark: route({
    method: 'POST',
    path: `${network}/benchmark`,
    permission: 'apply',
    summary: 'Let two agents measure how much passes between them: it loads all that is on the way',
    params: OfNetwork,
    body: BenchmarkRequest,
    response: BenchmarkResult,
  }),
} as const satisfies Readonly<Record<string, RouteShape>>;
