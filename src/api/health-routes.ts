import Type from 'typebox';
import { EventKind, NetworkEvent } from './events.ts';
import {
  historyStep,
  longStep,
  Throughput,
  TunnelHistory,
  TunnelState,
  TunnelsStatus,
} from './health.ts';
import { network, OfNetwork, route } from './route.ts';
import { Count, Name, Time } from './schemas.ts';

/** How the tunnels of a network are, and what happened. */
export const healthRoutes = {
  tunnels: route({
    method: 'GET',
    path: `${network}/tunnels`,
    permission: 'read',
    summary: 'The tunnels of a network, and how each is',
    params: OfNetwork,
    query: Type.Object({
      /** Only those of this machine. */
      machine: Type.Optional(Name),
      /** Only those of this one too: with `machine`, the one between the two. */
      other: Type.Optional(Name),
      /** Only those that are so. */
      state: Type.Optional(TunnelState),
    }),
    response: TunnelsStatus,
  }),
  tunnelHistory: route({
    method: 'GET',
    path: `${network}/tunnels/:a/:b/history`,
    permission: 'read',
    summary: 'How a tunnel went: every 10 s for a day, every 5 min for 90 days',
    params: Type.Object({ network: Name, a: Name, b: Name }),
    query: Type.Object({
      /** A day before `to`, unless said. */
      from: Type.Optional(Time),
      /** Now, unless said. */
      to: Type.Optional(Time),
      /** Seconds; the finest there is of all that time, unless said. */
      step: Type.Optional(Type.Union([Type.Literal(historyStep), Type.Literal(longStep)])),
    }),
    response: TunnelHistory,
  }),
  throughput: route({
    method: 'GET',
    path: `${network}/throughput`,
    permission: 'read',
    summary: 'What all tunnels carried together in the last hour, as far as this server was told',
    params: OfNetwork,
    response: Throughput,
  }),
  events: route({
    method: 'GET',
    path: `${network}/events/log`,
    permission: 'read',
    summary: 'What happened in a network, oldest first; without `since` and `after` the newest',
    params: OfNetwork,
    query: Type.Object({
      since: Type.Optional(Time),
      /** Only later ones than this `seq`. */
      after: Type.Optional(Count),
      kind: Type.Optional(EventKind),
      /** Only what concerns this machine. */
      machine: Type.Optional(Name),
      /** Only what concerns this one too: with `machine`, what is between the two. */
      other: Type.Optional(Name),
      /** Only where these words stand in the sentence. */
      search: Type.Optional(Type.String({ maxLength: 200 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    }),
    response: Type.Array(NetworkEvent),
  }),
} as const;
