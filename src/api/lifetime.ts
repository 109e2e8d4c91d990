import Type, { type Static } from 'typebox';
import { OfMachine, Reason, type RouteShape, route, network as under } from './route.ts';
import { PlanResult, Revision, Time } from './schemas.ts';

/** Until when a member is to be one. */
export const Lifetime = Type.Object({
  /** Absent: it never ends. */
  expires: Type.Optional(Time),
});
export type Lifetime = Static<typeof Lifetime>;

/** A member gets another end in the file, when what that changes was seen. */
export const lifetimeRoutes = {
  planLifetime: route({
    method: 'POST',
    path: `${under}/machines/:machine/lifetime/plan`,
    permission: 'apply',
    summary: 'What it would change to let a member end at another time',
    params: OfMachine,
    body: Lifetime,
    response: PlanResult,
  }),
  setLifetime: route({
    method: 'POST',
    path: `${under}/machines/:machine/lifetime`,
    permission: 'apply',
    once: true,
    summary: 'Let a member end at another time, or never',
    params: OfMachine,
    body: Type.Object({
      ...Lifetime.properties,
      ...Reason.properties,
      /** `hash` of a plan: what it was made from may not have moved. */
      plan: Type.Optional(Type.String()),
    }),
    response: Revision,
  }),
} as const satisfies Readonly<Record<string, RouteShape>>;
