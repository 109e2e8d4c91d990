import Type from 'typebox';
import { OfMachine, Reason, type RouteShape, route, network as under } from './route.ts';
import { Name, PlanResult, Revision } from './schemas.ts';

/** A machine is taken out of the file when what that changes was seen. */
export const removalRoutes = {
  planRemoval: route({
    method: 'GET',
    path: `${under}/machines/:machine/removal`,
    permission: 'apply',
    summary: 'What it would change to take a machine out of the file',
    params: OfMachine,
    query: Type.Object({
      /** The machine that who asks is on, as its agent calls it. */
      on: Type.Optional(Name),
    }),
    response: PlanResult,
  }),
  removeMachine: route({
    method: 'DELETE',
    path: `${under}/machines/:machine`,
    permission: 'apply',
    once: true,
    summary: 'Take a machine out of the file and cut it off at all its peers',
    params: OfMachine,
    query: Type.Object({
      ...Reason.properties,
      /** `hash` of a plan: what it was made from may not have moved. */
      plan: Type.Optional(Type.String()),
    }),
    response: Revision,
  }),
} as const satisfies Readonly<Record<string, RouteShape>>;
