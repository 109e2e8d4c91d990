import Type, { type Static } from 'typebox';
import { network, OfMachine, OfNetwork, Reason, route, Why } from './route.ts';
import { Name, Time } from './schemas.ts';

const UdpPort = Type.Integer({ minimum: 1, maximum: 65_535 });

/** Somebody for whom a change of key waits, and why. */
export const Awaited = Type.Object({
  machine: Type.String(),
  why: Type.String(),
  fix: Type.String(),
});
export type Awaited = Static<typeof Awaited>;

/** A machine's change of key that is under way (`RotationPhase` of `#compile`). */
export const RotationStatus = Type.Object({
  machine: Type.String(),
  phase: Type.String(),
  /** When the phase began. */
  since: Time,
  /** All who take part, those who have reached the phase, and those that nobody waits for. */
  machines: Type.Array(Type.String()),
  reached: Type.Array(Type.String()),
  without: Type.Array(Type.String()),
  waits: Type.Array(Awaited),
  /** When the detour goes, where nothing else is left to do. */
  ends: Type.Optional(Time),
});
export type RotationStatus = Static<typeof RotationStatus>;

/** Newer preshared keys that are being handed out. */
export const PresharedStatus = Type.Object({
  /** Versions; 0: none. */
  from: Type.Integer(),
  to: Type.Integer(),
  /** Machines that have the newer keys. */
  have: Type.Array(Type.String()),
  waits: Type.Array(Awaited),
});
export type PresharedStatus = Static<typeof PresharedStatus>;

/** What changing a machine's key would do. */
export const RotationPlan = Type.Object({
  machine: Type.String(),
  /** none: no packet is lost. session: its sessions begin anew. */
  impact: Type.Union([Type.Literal('none'), Type.Literal('session')]),
  /** Machines that make the detour with it. */
  partners: Type.Array(Type.String()),
  /** UDP ports that have to be open meanwhile, where others can reach them. */
  ports: Type.Array(
    Type.Object({
      machine: Type.String(),
      port: Type.Integer(),
      endpoint: Type.String(),
      /** For good; else only meanwhile. */
      stays: Type.Boolean(),
    }),
  ),
  /** Machines whose exported file goes stale. */
  stale: Type.Array(Type.String()),
  /** Machines that would hold it up now. */
  waits: Type.Array(Awaited),
});
export type RotationPlan = Static<typeof RotationPlan>;

/** What is under way of a network's keys. */
export const KeyChanges = Type.Object({
  rotation: Type.Union([RotationStatus, Type.Null()]),
  preshared: Type.Union([PresharedStatus, Type.Null()]),
});
export type KeyChanges = Static<typeof KeyChanges>;

/** Changing the keys of machines. */
export const rotationRoutes = {
  planRotation: route({
    method: 'GET',
    path: `${network}/machines/:machine/rotation`,
    permission: 'read',
    summary: 'What changing the key of a machine would do',
    params: OfMachine,
    query: Type.Object({ now: Type.Optional(Type.Boolean()), port: Type.Optional(UdpPort) }),
    response: RotationPlan,
  }),
  rotate: route({
    method: 'POST',
    path: `${network}/machines/:machine/rotation`,
    permission: 'apply',
    once: true,
    summary: 'Change the WireGuard key of a machine',
    params: OfMachine,
    body: Type.Object({
      /** In place: sessions begin anew. */
      now: Type.Optional(Type.Boolean()),
      /** UDP port of the detour; the one after the machine’s own. */
      port: Type.Optional(UdpPort),
      /** Seconds that the detour stays in the end; 180. */
      linger: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400 })),
      why: Why,
    }),
    response: RotationStatus,
  }),
  rotation: route({
    method: 'GET',
    path: `${network}/rotation`,
    permission: 'read',
    summary: 'The changes of keys that are under way, if there are any',
    params: OfNetwork,
    response: KeyChanges,
  }),
  rotatePreshared: route({
    method: 'POST',
    path: `${network}/preshared`,
    permission: 'apply',
    once: true,
    summary: 'Give every two machines another preshared key',
    params: OfNetwork,
    body: Reason,
    response: KeyChanges,
  }),
  finishPreshared: route({
    method: 'POST',
    path: `${network}/preshared/finish`,
    permission: 'apply',
    once: true,
    summary: 'Use the newer preshared keys also with machines that have not got theirs',
    params: OfNetwork,
    body: Reason,
  }),
  abortRotation: route({
    method: 'POST',
    path: `${network}/rotation/abort`,
    permission: 'apply',
    once: true,
    summary: 'Give up the change of a key while the old one is there',
    params: OfNetwork,
    body: Reason,
  }),
  finishRotation: route({
    method: 'POST',
    path: `${network}/rotation/finish`,
    permission: 'apply',
    once: true,
    summary: 'Go on with the change of a key without those that hold it up',
    params: OfNetwork,
    body: Type.Object({ only: Type.Optional(Name), why: Why }),
    response: Type.Object({ without: Type.Array(Type.String()) }),
  }),
} as const;
