import Type, { type Static } from 'typebox';
import { closed } from './closed.ts';

/** A bridge of a segment. It learns on ports alone. `mac`: its own address, where others are to know it. */
export const Bridge = Type.Object(
  { name: Type.String(), mac: Type.Optional(Type.String()) },
  closed,
);
export type Bridge = Static<typeof Bridge>;

/** A device that was there before, taken out of the agent's namespace into this one, and put on a bridge of it. */
export const Port = Type.Object(
  { device: Type.String(), bridge: Type.Optional(Type.String()) },
  closed,
);
export type Port = Static<typeof Port>;

/**
 * An 802.1Q device of this namespace, on a bridge of it or on none: frames with the tag of a device that stays in the
 * agent's own.
 */
export const Vlan = Type.Object(
  {
    name: Type.String(),
    parent: Type.String(),
    tag: Type.Integer(),
    bridge: Type.Optional(Type.String()),
  },
  closed,
);
export type Vlan = Static<typeof Vlan>;

/**
 * A VXLAN device on a bridge of this namespace (RFC 7348). Its socket is in the agent's own namespace and
 * sends from `local` (an address), to `port` of those that `fdb` names. It learns nothing, passes no
 * frame on to whom nobody knows, and answers for neighbours that are known.
 */
export const Vxlan = Type.Object(
  {
    name: Type.String(),
    bridge: Type.String(),
    vni: Type.Integer(),
    port: Type.Integer(),
    local: Type.String(),
    /** It passes on what is for all and to whom nobody knows, to all of `floods`. */
    flood: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type Vxlan = Static<typeof Vxlan>;

/** The machine with this MAC address is behind a VXLAN device, at the gateway with the address `to`. */
export const FdbEntry = Type.Object(
  { device: Type.String(), mac: Type.String(), to: Type.String() },
  closed,
);
export type FdbEntry = Static<typeof FdbEntry>;

/** A gateway to which a VXLAN device sends what is for all, and to whom nobody knows. */
export const Flood = Type.Object({ device: Type.String(), to: Type.String() }, closed);
export type Flood = Static<typeof Flood>;

/** A permanent neighbour of a device: what its bridge answers ARP and ND with, and whom to send to. */
export const Neighbour = Type.Object(
  { device: Type.String(), address: Type.String(), mac: Type.String() },
  closed,
);
export type Neighbour = Static<typeof Neighbour>;

/** An address for which a device answers ARP and ND with its own (`proxy` in ip-neighbour(8)). */
export const ProxyEntry = Type.Object({ device: Type.String(), address: Type.String() }, closed);
export type ProxyEntry = Static<typeof ProxyEntry>;

/**
 * A pair of devices (veth(4)): `name` in this namespace, and its other end in another, there on a bridge or
 * with addresses of its own.
 */
const Veth = Type.Object(
  {
    name: Type.String(),
    mac: Type.String(),
    /** On which this end is; since version 2. */
    bridge: Type.Optional(Type.String()),
    peer: Type.Object(
      {
        namespace: Type.String(),
        name: Type.String(),
        bridge: Type.Optional(Type.String()),
        addresses: Type.Array(Type.String()),
        /** Where others know it by it; since version 2. */
        mac: Type.Optional(Type.String()),
        /** What it sends at most, in bytes; since version 2. Else as much as the ports beside it. */
        mtu: Type.Optional(Type.Integer()),
      },
      closed,
    ),
  },
  closed,
);
export type Veth = Static<typeof Veth>;

/** From version 2 on their ends say more of themselves. */
export const Veths = Type.Object(
  { v: Type.Union([Type.Literal(1), Type.Literal(2)]), items: Type.Array(Veth) },
  closed,
);
