import type { Endpoint, Prefix } from '#ip';
import type { Machine } from './machines.ts';
import type { Answers } from './options.ts';
import { endpointsOf, type Shape } from './shape.ts';

/** All that is known of the network, from which the new file is written. */
export interface Known {
  readonly answers: Answers;
  readonly overlay: readonly Prefix[];
  readonly addresses: ReadonlyMap<Machine, readonly Prefix[]>;
  readonly subnets: ReadonlyMap<Machine, readonly Prefix[]>;
  readonly shape: Shape;
  readonly usual: Usual;
  /** Those whose endpoint has to be asked for. */
  readonly unfound: ReadonlySet<Machine>;
}

export interface Usual {
  readonly port: number | undefined;
  readonly keepalive: number | undefined;
  readonly interface: string | undefined;
}

/** WireGuard's port by custom, and the keepalive of its own documentation, in seconds. */
export const wellKnown = { port: 51820, keepalive: 25 };

function mostCommon<T>(values: readonly T[]): T | undefined {
  const groups = [...Map.groupBy(values, (value) => value)];
  return groups.toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
}

export const portOf = ({ owns }: Machine): number | undefined =>
  owns.map(({ listenPort }) => listenPort).find((port) => port !== undefined);

export const interfaceOf = ({ owns }: Machine): string | undefined =>
  owns.map((own) => own.interface).find((name) => name !== undefined);

/** Keepalive of a machine towards its peers; no line of its configuration means none. */
export function keepaliveOf({ seen, says }: Machine): number | undefined {
  const told = seen.flatMap(({ view }) => view.itsKeepalive ?? []);
  const own = says.filter(({ endpoint }) => endpoint).map(({ keepalive }) => keepalive ?? 0);
  return largest([...own, ...told]);
}

const largest = (seconds: readonly number[]): number | undefined =>
  seconds.toSorted((a, b) => b - a)[0];

/** Keepalive that the new file has to say of a machine; one with an endpoint sends none otherwise. */
export function saidKeepalive(machine: Machine, known: Answered & { usual: Usual }) {
  if (!endpointOf(machine, known)) {
    const usual = known.usual.keepalive ?? wellKnown.keepalive;
    const seconds = keepaliveOf(machine);
    return seconds === usual ? undefined : seconds;
  }
  return largest(machine.says.map(({ keepalive }) => keepalive ?? 0)) || undefined;
}

/** What most machines have; undefined where no file says anything. */
export const usualOf = (machines: readonly Machine[]): Usual => ({
  port: mostCommon(machines.flatMap((one) => portOf(one) ?? [])),
  keepalive: mostCommon(machines.flatMap((one) => keepaliveOf(one) || [])),
  interface: mostCommon(machines.flatMap((one) => interfaceOf(one) ?? [])),
});

type Answered = Pick<Known, 'answers'>;

export const endpointOf = (machine: Machine, { answers }: Answered): Endpoint | undefined =>
  answers.endpoints.get(machine.name) ?? endpointsOf(machine)[0];

export const subnetsOf = (machine: Machine, { subnets, answers }: Known): readonly Prefix[] =>
  answers.subnets.get(machine.name) ?? subnets.get(machine) ?? [];

/** Of a tunnel one end has to be found by the other; asked of the one that is more of a hub. */
export function unfoundOf(known: Answered & Pick<Known, 'shape'>): ReadonlySet<Machine> {
  const { links, hubs, gateways } = known.shape;
  const unfound = links.filter(([a, b]) => !endpointOf(a, known) && !endpointOf(b, known));
  return new Set(
    unfound.map(([a, b]) => {
      if (hubs.get(a) === b) return b;
      return hubs.get(b) === a || gateways.includes(a) ? a : b;
    }),
  );
}
