import Type, { type Static } from 'typebox';
import { closed } from './closed.ts';

/**
 * Gives the machines behind a device their addresses (RFC 2131), and answers for the names of `zones`; no
 * zones: for no names. It has addresses of its own on the device. With a pool of IPv6 it also advertises what the
 * link is like, and that addresses are to be asked for.
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

/** From version 2 on a server may give addresses of IPv6, too (RFC 8415, RFC 4861). */
export const DhcpServers = Type.Object(
  { v: Type.Union([Type.Literal(1), Type.Literal(2)]), items: Type.Array(DhcpServer) },
  closed,
);
