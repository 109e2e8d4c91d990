import Type, { type Static } from 'typebox';
import { closed } from './closed.ts';

/**
 * Gives the machines behind a device their addresses (RFC 2131), and answers for the names of `zones`; no
 * zones: for no names. It has addresses of its own on the device.
 */
export const DhcpServer = Type.Object(
  {
    device: Type.String(),
    /** `first-last/length`: what it gives to whom it does not know. */
    pools: Type.Array(Type.String()),
    routers: Type.Array(Type.String()),
    dns: Type.Array(Type.String()),
    /** What fits, wherever it goes. */
    mtu: Type.Optional(Type.Integer()),
    zones: Type.Array(Type.String()),
    /** Whom it asks for all other names. */
    forward: Type.Array(Type.String()),
    /** Those whose addresses are their own. */
    hosts: Type.Array(
      Type.Object(
        { mac: Type.String(), addresses: Type.Array(Type.String()), name: Type.String() },
        closed,
      ),
    ),
  },
  closed,
);
export type DhcpServer = Static<typeof DhcpServer>;
