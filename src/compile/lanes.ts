import { shortHash } from '#base';
import type { Endpoint, Machine } from '#spec';
import type { Model, Node } from './model.ts';

/** One WireGuard interface of a machine. A machine has lane 0, and others while its keys change. */
export interface Lane {
  readonly number: number;
  /** Id of the tunnel in the machine's state. */
  readonly tunnel: string;
  readonly interface: string;
  readonly listenPort: number;
  readonly endpoint: Endpoint | undefined;
}

/** The id of a machine's first tunnel. */
export const mainTunnel = 'main';

/** The lane that packets take while the first one gets another key. */
export const detourLane = 1;

const tunnelIds = [mainTunnel, 'detour'] as const;

/** Longest name of a network device (IFNAMSIZ, less the end of the string). */
const longestName = 15;

/** A name that no network gives to its device: those are of letters, digits and hyphens. */
function interfaceOf({ interface: name }: Machine, number: number): string {
  const lane = `${name}_${number}`;
  return lane.length <= longestName ? lane : `hw_${shortHash(name)}_${number}`;
}

const shifted = ({ endpoint }: Machine, port: (own: number) => number): Endpoint | undefined =>
  endpoint && { ...endpoint, port: port(endpoint.port) };

/** A lane of a machine: the ports of others follow that of lane 0, unless the rotation says which. */
export function laneOf(
  { turn }: Pick<Model, 'turn'>,
  { machine }: Node,
  number: number,
  wanted = turn?.port,
): Lane {
  const tunnel = tunnelIds[number] ?? mainTunnel;
  const { interface: name, listenPort, endpoint } = machine;
  if (number === 0) return { number, tunnel, interface: name, listenPort, endpoint };
  const beside = (own: number): number => (own + number > 65_535 ? own - number : own + number);
  const port = (own: number): number => wanted ?? beside(own);
  return {
    number,
    tunnel,
    interface: interfaceOf(machine, number),
    listenPort: port(listenPort),
    endpoint: shifted(machine, port),
  };
}
