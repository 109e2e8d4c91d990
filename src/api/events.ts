import Type, { type Static } from 'typebox';
import { Count, Time } from './schemas.ts';

/**
 * What happened in a network. joined, left: a machine. up, degraded, down: a tunnel (`machine` and `other`) or a service
 * (`service`) became so. away, back: the agent of a machine lost its server, and found it again. failing: a machine is not
 * all that its network says, and its agent cannot make it so; well: it is again. drift: something was changed on a machine,
 * and is not put back; repaired: it was. clone: one identity at two places. conflict: two claim one
 * thing. apply: a revision became the network's own. login-failed: somebody claimed to be who he is not.
 */
export const EventKind = Type.Union([
  Type.Literal('joined'),
  Type.Literal('left'),
  Type.Literal('up'),
  Type.Literal('degraded'),
  Type.Literal('down'),
  Type.Literal('away'),
  Type.Literal('back'),
  Type.Literal('failing'),
  Type.Literal('well'),
  Type.Literal('drift'),
  Type.Literal('repaired'),
  Type.Literal('clone'),
  Type.Literal('conflict'),
  Type.Literal('failover'),
  Type.Literal('apply'),
  Type.Literal('login-failed'),
]);
export type EventKind = Static<typeof EventKind>;
export const eventKinds = EventKind.anyOf.map((kind) => kind.const);

export const NetworkEvent = Type.Object({
  /** Counts up, over all networks of a server. */
  seq: Count,
  at: Time,
  kind: EventKind,
  machine: Type.Optional(Type.String()),
  /** The machine at the other end of a tunnel. */
  other: Type.Optional(Type.String()),
  service: Type.Optional(Type.String()),
  /** Nobody was alerted of it. */
  silenced: Type.Optional(Type.Literal(true)),
  /** One sentence. */
  text: Type.String(),
});
export type NetworkEvent = Static<typeof NetworkEvent>;
