import Type, { type Static } from 'typebox';
import { TunnelState } from './health.ts';
import { MonitorState } from './monitors.ts';
import { Time } from './schemas.ts';

const Amount = Type.Number();
/** Of how many there are, how many are there. */
const Share = { connected: Type.Integer(), total: Type.Integer() };

/**
 * What is told of a network to whoever is in it, without login: how it is, and nothing of keys, endpoints, people and
 * their devices.
 */
export const PublicStatus = Type.Object({
  network: Type.String(),
  at: Time,
  /** Machines with an agent. */
  machines: Type.Object(Share),
  sites: Type.Array(Type.Object({ name: Type.String(), ...Share })),
  /** How many are so. */
  tunnels: Type.Partial(Type.Record(TunnelState, Type.Integer())),
  monitors: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.String(),
      state: MonitorState,
      since: Type.Optional(Time),
      jobManagers: Type.Optional(
        Type.Array(
          Type.Object({
            name: Type.String(),
            state: MonitorState,
            running: Type.Optional(Amount),
            max: Type.Optional(Amount),
          }),
        ),
      ),
      schedulers: Type.Optional(
        Type.Array(
          Type.Object({
            name: Type.String(),
            state: MonitorState,
            counts: Type.Record(Type.String(), Amount),
          }),
        ),
      ),
    }),
  ),
});
export type PublicStatus = Static<typeof PublicStatus>;

/** Where the page is of a network, and what it asks for. */
export const statusPagePath = (network: string): string => `/status/${network}`;
export const publicStatusPath = (network: string): string => `/v1/networks/${network}/public`;
