import Type, { type Static } from 'typebox';
import { closed } from './closed.ts';

/** Another gateway of a segment: where its agent is found, and which site is behind it. */
const TablePeer = Type.Object(
  {
    site: Type.String(),
    address: Type.String(),
    /** Behind which all machines there are, where it routes to its port. */
    mac: Type.Optional(Type.String()),
  },
  closed,
);

/** A machine of the file on the port of this gateway. */
const TablePin = Type.Object(
  { name: Type.String(), mac: Type.String(), addresses: Type.Array(Type.String()) },
  closed,
);

/**
 * The table of a segment: who is where, as the agents of its gateways see it. They tell it each other at
 * `port` of their addresses. What they learn goes into `fdb`, `neighbours` and the sets of `pairs` beside
 * what those name already, and where the port is routed to into `routes` and `proxies`; `own` is what the file says of the site here. Nobody is learnt whose address is in none of `subnets`.
 */
export const Table = Type.Object(
  {
    segment: Type.String(),
    site: Type.String(),
    local: Type.String(),
    port: Type.Integer(),
    bridge: Type.String(),
    vxlan: Type.String(),
    subnets: Type.Array(Type.String()),
    /** Sets of `MAC . address` in a bridge table: who may cross the border; their names end in 4 and 6. */
    pairs: Type.Object({ table: Type.String(), near: Type.String(), far: Type.String() }, closed),
    peers: Type.Array(TablePeer),
    /** The port is on no bridge, but routed to; devices that answer for machines beyond them. Since version 2. */
    routed: Type.Optional(
      Type.Object({ port: Type.String(), answering: Type.Array(Type.String()) }, closed),
    ),
    own: Type.Array(TablePin),
    /** Members that are in the segment alone, and where each is: they keep no table. */
    alone: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), address: Type.String() }, closed)),
    ),
  },
  closed,
);
export type Table = Static<typeof Table>;

/** From version 2 on a port may be routed to. */
export const Tables = Type.Object(
  { v: Type.Union([Type.Literal(1), Type.Literal(2)]), items: Type.Array(Table) },
  closed,
);
