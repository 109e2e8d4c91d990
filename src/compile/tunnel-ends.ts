import type { Peer, Tunnel } from '#state';
import type { Model } from './model.ts';
import { hasState, project } from './project/project.ts';

/** One end of a tunnel as its machine is to have it. */
export interface TunnelEndPlan {
  readonly machine: string;
  readonly interface: string;
  /** UDP port on which it listens; 0: any. */
  readonly port: number;
  /** Its own; absent while nobody knows it. */
  readonly publicKey?: string;
  /** Where it calls the other end; absent where it waits to be called. */
  readonly endpoint?: string;
  /** Seconds between keepalives to the other end; 0: none. */
  readonly keepalive: number;
  /** What it sends to the other end and takes from it, as prefixes. */
  readonly allowedIps: readonly string[];
}

/** Both ends of the tunnel between two machines, without those that have none to the other. Pure. */
export const tunnelEnds = (model: Model, a: string, b: string): readonly TunnelEndPlan[] =>
  [...endsAt(model, a, b), ...endsAt(model, b, a)].slice(0, 2);

function endsAt(model: Model, machine: string, peer: string): readonly TunnelEndPlan[] {
  if (!hasState(model, machine)) return [];
  const { tunnels, bindings } = project(model, machine);
  const found = Object.entries(tunnels).find(([, { peers }]) => peer in peers);
  if (!found) return [];
  const [id, tunnel] = found;
  const carried = bindings.filter(({ candidates }) =>
    candidates.some((one) => one.tunnel === id && one.peer === peer),
  );
  const allowedIps = carried.flatMap(({ prefixes }) => prefixes);
  return [{ machine, ...endOf(tunnel, tunnel.peers[peer] as Peer), allowedIps }];
}

const endOf = ({ interface: name, listenPort, key }: Tunnel, { endpoint, keepalive }: Peer) => ({
  interface: name,
  port: listenPort,
  keepalive: keepalive ?? 0,
  ...(key.publicKey !== undefined && { publicKey: key.publicKey }),
  ...(endpoint !== undefined && { endpoint }),
});
