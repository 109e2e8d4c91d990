import Type, { type Static } from 'typebox';
import { network, OfNetwork, type RouteShape, route } from './route.ts';
import { Name, RevisionId } from './schemas.ts';

/** One end of a tunnel as its machine is to have it. */
export const TunnelEndPlan = Type.Object({
  machine: Type.String(),
  interface: Type.String(),
  /** UDP port on which it listens; 0: any. */
  port: Type.Integer(),
  /** Its own; absent while nobody knows it. */
  publicKey: Type.Optional(Type.String()),
  /** Where it calls the other end; absent where it waits to be called. */
  endpoint: Type.Optional(Type.String()),
  /** Seconds between keepalives to the other end; 0: none. */
  keepalive: Type.Integer(),
  /** What it sends to the other end and takes from it, as prefixes. */
  allowedIps: Type.Array(Type.String()),
});

export const TunnelPlan = Type.Object({
  revision: RevisionId,
  /** Without those that have no tunnel to the other. */
  ends: Type.Array(TunnelEndPlan),
});
export type TunnelPlan = Static<typeof TunnelPlan>;

/** One step of a packet’s way. */
export const TraceHop = Type.Object({
  machine: Type.String(),
  /** The device by which it leaves; absent at the last. */
  interface: Type.Optional(Type.String()),
  peer: Type.Optional(Type.String()),
  /** Bytes of the largest packet that passes. */
  mtu: Type.Optional(Type.Integer()),
});
export type TraceHop = Static<typeof TraceHop>;

/** A flow followed hop by hop, there and back. */
export const TraceResult = Type.Object({
  from: Type.String(),
  to: Type.String(),
  source: Type.String(),
  destination: Type.String(),
  port: Type.String(),
  /** outside: it arrives, and passes nothing of ours that decides. */
  verdict: Type.Union([
    Type.Literal('allow'),
    Type.Literal('deny'),
    Type.Literal('unreachable'),
    Type.Literal('outside'),
  ]),
  /** One sentence. */
  reason: Type.String(),
  hops: Type.Array(TraceHop),
  back: Type.Array(TraceHop),
  decision: Type.Optional(
    Type.Object({
      machine: Type.String(),
      counter: Type.Optional(Type.String()),
      rule: Type.Optional(Type.String()),
      /** Where the rule stands. */
      file: Type.Optional(Type.String()),
      line: Type.Optional(Type.Integer()),
    }),
  ),
  mtu: Type.Optional(Type.Integer()),
});
export type TraceResult = Static<typeof TraceResult>;

/** Who gets where. */
export const AccessResult = Type.Object({
  revision: RevisionId,
  /** Machines that may all do the same. */
  groups: Type.Array(Type.Array(Type.String())),
  access: Type.Array(
    Type.Object({
      /** Indexes of groups. */
      from: Type.Integer(),
      to: Type.Integer(),
      /** `icmp`, `tcp/22-30`, `udp`...; empty: nothing. */
      ports: Type.Array(Type.String()),
      /** What alone does not pass, where that is little; empty: everything passes. */
      closed: Type.Optional(Type.Array(Type.String())),
      /** It passes no machine of ours that could refuse it. */
      outside: Type.Boolean(),
      /** The two machines of which it was found. */
      example: Type.Tuple([Type.String(), Type.String()]),
    }),
  ),
});
export type AccessResult = Static<typeof AccessResult>;

const At = { site: Type.String(), gateway: Type.Optional(Type.String()) };

/** The layer-2 networks of a file, and what leads out of them. */
export const SegmentsResult = Type.Object({
  revision: RevisionId,
  segments: Type.Array(
    Type.Object({
      name: Type.String(),
      vni: Type.Integer(),
      subnets: Type.Array(Type.String()),
      sites: Type.Array(
        Type.Object({
          ...At,
          mode: Type.Union([Type.Literal('bridge'), Type.Literal('proxy')]),
          /** Machines of the file. */
          machines: Type.Integer(),
        }),
      ),
      /** Those that are in it alone. */
      members: Type.Array(Type.String()),
    }),
  ),
  routers: Type.Array(
    Type.Object({
      name: Type.String(),
      ...At,
      segments: Type.Array(Type.String()),
      /** What may leave, as the file has it. */
      egress: Type.Array(Type.String()),
      /** What may come in. */
      forwards: Type.Array(Type.String()),
    }),
  ),
});
export type SegmentsResult = Static<typeof SegmentsResult>;

/** A machine, a host or an address. */
export const Place = Type.String({ minLength: 1, maxLength: 200 });

/** What is asked of: from where, to where, and by what. */
export const Flow = Type.Object({
  from: Place,
  to: Place,
  /** `tcp/22`, `udp/53`, `icmp`. */
  port: Type.Optional(Type.String({ maxLength: 40 })),
  family: Type.Optional(Type.Union([Type.Literal(4), Type.Literal(6)])),
});

/** What people look up in a network as it is meant. */
export const inspectionRoutes = {
  tunnel: route({
    method: 'GET',
    path: `${network}/tunnels/:a/:b`,
    permission: 'read',
    summary: 'The tunnel between two machines as both are to have it: keys, allowed IPs, endpoints',
    params: Type.Object({ network: Name, a: Name, b: Name }),
    response: TunnelPlan,
  }),
  trace: route({
    method: 'GET',
    path: `${network}/trace`,
    permission: 'read',
    summary: 'A flow followed hop by hop, and the rule that decides',
    params: OfNetwork,
    query: Flow,
    response: TraceResult,
  }),
  segments: route({
    method: 'GET',
    path: `${network}/segments`,
    permission: 'read',
    summary:
      'The layer-2 networks, where each meets its sites, and what may leave by their routers',
    params: OfNetwork,
    response: SegmentsResult,
  }),
  access: route({
    method: 'GET',
    path: `${network}/access`,
    permission: 'read',
    summary: 'Who gets where by which ports, by the compiled states',
    params: OfNetwork,
    response: AccessResult,
  }),
} as const satisfies Readonly<Record<string, RouteShape>>;
