import Type, { type Static } from 'typebox';
import { closed } from './closed.ts';

/**
 * The peers that the machine asks again and again whether packets come back, by name; `mtu`: bytes of the largest that
 * should. It asks from this address and UDP port of its own, and answers there whoever asks it. `hosts`: plain hosts, behind
 * those peers or behind itself, that it asks by ICMP with so many bytes of data.
 */
export const Probes = Type.Object(
  {
    address: Type.String(),
    port: Type.Integer(),
    peers: Type.Record(
      Type.String(),
      Type.Object({ address: Type.String(), mtu: Type.Integer() }, closed),
    ),
    hosts: Type.Optional(
      Type.Object(
        {
          data: Type.Integer(),
          asked: Type.Record(
            Type.String(),
            Type.Object({ address: Type.String(), mtu: Type.Optional(Type.Integer()) }, closed),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type Probes = Static<typeof Probes>;
