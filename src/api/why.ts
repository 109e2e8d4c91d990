import Type, { type Static } from 'typebox';
import { TunnelStatus } from './health.ts';
import { Flow, TraceResult } from './inspection.ts';
import { network, OfNetwork, type RouteShape, route } from './route.ts';
import { MachineStatus, RevisionId, Time } from './schemas.ts';
import { Counted, Way } from './verify.ts';

const literal = <T extends string>(type: T) => Type.Literal(type);

/**
 * How it is with a flow. passes: it may, and nothing that is known is in its way. poor: so, but a tunnel on it is degraded.
 * unknown: it may, and nobody can tell whether it does. broken: it may, and does not. refused: a rule says no. no-way: the
 * network has none.
 */
export const WhyState = Type.Union([
  literal('passes'),
  literal('poor'),
  literal('unknown'),
  literal('broken'),
  literal('refused'),
  literal('no-way'),
]);
export type WhyState = Static<typeof WhyState>;

/** From one machine of the way to the next. */
export const WhyStep = Type.Object({
  from: Type.String(),
  to: Type.String(),
  /** Absent: they are in one network. */
  tunnel: Type.Optional(TunnelStatus),
  /** How the first sends what goes there, as its agent says; absent: it says nothing. */
  way: Type.Optional(Way),
});
export type WhyStep = Static<typeof WhyStep>;

/** What happened to a machine or a tunnel of the way. */
export const WhyChange = Type.Object({
  at: Time,
  /** A kind of event, or of revision. */
  kind: Type.String(),
  revision: Type.Optional(Type.Integer()),
  text: Type.String(),
});
export type WhyChange = Static<typeof WhyChange>;

/** Why a flow passes or does not: what should be, what is, and what changed. */
export const WhyResult = Type.Object({
  network: Type.String(),
  revision: RevisionId,
  state: WhyState,
  /** The answer in sentences, the heaviest first. */
  answer: Type.Array(Type.String()),
  trace: TraceResult,
  /** There, and whatever of the way back is another. */
  steps: Type.Array(WhyStep),
  /** The machines on it. */
  machines: Type.Array(MachineStatus),
  /** Of the rule that decides, where it counts. */
  counter: Type.Optional(
    Type.Object({ machine: Type.String(), name: Type.String(), ...Counted.properties }),
  ),
  /** The newest first. */
  changes: Type.Array(WhyChange),
});
export type WhyResult = Static<typeof WhyResult>;

export const whyRoutes = {
  why: route({
    method: 'GET',
    path: `${network}/why`,
    permission: 'read',
    summary: 'Why a flow passes or does not: the rule, the tunnels as they are, and what changed',
    params: OfNetwork,
    query: Flow,
    response: WhyResult,
  }),
} as const satisfies Readonly<Record<string, RouteShape>>;
