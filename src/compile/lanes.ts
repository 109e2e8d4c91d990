import { shortHash } from '#base';
import { type Endpoint, type Machine, vxlanPort } from '#spec';
import type { Model, Node } from './model.ts';

/** One WireGuard interface of a machine. A machine has one, and others while its keys change. */
export interface Lane {
  readonly number: number;
  /** Id of the tunnel in the machine's state. */
  readonly tunnel: string;
  readonly interface: string;
  readonly listenPort: number;
  readonly endpoint: Endpoint | undefined;
}

/** The lane that machines begin with. */
export const mainLane = 0;

/** The lane that packets take while the usual one gets another key. */
export const detourLane = 1;

/** Where a new key goes that needs a tunnel of its own: forth, and back the next time. */
const besideLane = 2;

export const otherHome = (home: number): number => (home === mainLane ? besideLane : mainLane);

const tunnelIds = ['main', 'detour', 'beside'] as const;

/** Longest name of a network device (IFNAMSIZ, less the end of the string). */
const longestName = 15;

/** A name that no network gives to its device: those are of letters, digits and hyphens. */
function interfaceOf({ interface: name }: Machine, number: number): string {
  const lane = `${name}_${number}`;
  return lane.length <= longestName ? lane : `hw_${shortHash(name)}_${number}`;
}

const shifted = ({ endpoint }: Machine, port: (own: number) => number): Endpoint | undefined =>
  endpoint && { ...endpoint, port: port(endpoint.port) };

/** The port after another, so many further; that of VXLAN is left out, which a gateway's filter closes. */
function beside(own: number, number: number): number {
  const after = own + number;
  return after > 65_535 || after === vxlanPort ? own - number : after;
}

/** A lane of a machine. Ports of others than the first follow its own, unless a rotation says which. */
export function laneOf(
  { turn }: Pick<Model, 'turn'>,
  { machine }: Node,
  number: number,
  wanted = turn?.port,
): Lane {
  const tunnel = tunnelIds[number] ?? 'main';
  const { interface: name, listenPort, endpoint } = machine;
  if (number === mainLane) return { number, tunnel, interface: name, listenPort, endpoint };
  const port = (own: number): number =>
    number === detourLane && wanted !== undefined ? wanted : beside(own, number);
  return {
    number,
    tunnel,
    interface: interfaceOf(machine, number),
    listenPort: port(listenPort),
    endpoint: shifted(machine, port),
  };
}
