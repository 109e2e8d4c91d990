import { flowClasses, type Model, sharedFamilies, type Trace, trace } from '#compile';
import { Address, type Family } from '#ip';
import { formatPort, type Network, type Port } from '#spec';
import { outsidePorts } from '../outside-ports.ts';
import type { Station } from '../underlay/plan.ts';
import { tunnelBetween } from './tunnels.ts';

/** What the compiled states say of one flow. */
export interface Expected {
  readonly from: string;
  readonly to: string;
  /** The station that is it, where it stands for others. */
  readonly at?: string;
  readonly family: Family;
  readonly port: Port;
  readonly destination: string;
  /** The address it should be seen to come from; unknown for pods. */
  readonly source?: string;
  readonly verdict: Trace['verdict'];
  readonly reason: string;
  /** Those it passes, there and back. */
  readonly tunnels: readonly string[];
  /** The machine whose tunnel device holds its destination. */
  readonly device?: string;
  /** Whose nft counter counts it, where a rule decides. */
  readonly decision?: Trace['decision'];
}

export const allowed = ({ verdict }: Expected): boolean =>
  verdict === 'allow' || verdict === 'outside';

export interface Choice {
  readonly from?: string;
  readonly to?: string;
  readonly ports?: readonly Port[];
}

/** Every flow between two stations of a lab, in each class and family, with its prediction. */
export function expectations(
  model: Model,
  stations: readonly Station[],
  choice: Choice = {},
): readonly Expected[] {
  const ports = choice.ports ?? flowClasses(model.network);
  const froms = stations.filter((s) => choice.from === undefined || s.name === choice.from);
  const tos = stations.filter((s) => choice.to === undefined || s.name === choice.to);
  return froms.flatMap((from) =>
    tos
      .filter((to) => to !== from)
      .flatMap((to) =>
        to.kind === 'outside'
          ? leaving(model, from, to, choice.ports)
          : ports.flatMap((port) => between(model, from, to, port)),
      ),
  );
}

/** Machines of its segments to all that a router may lead to, or not. */
function leaving(
  model: Model,
  from: Station,
  { name: at, router: name, targets = [] }: Station,
  wanted: readonly Port[] | undefined,
): readonly Expected[] {
  const router = model.network.routers.find((one) => one.name === name);
  const sender = model.network.segments
    .find(({ name: own }) => own === from.segment && router?.segments.includes(own))
    ?.stations.find((station) => station.name === from.name);
  if (!router || !sender) return [];
  const ports = wanted ?? outsidePorts(model.network, router);
  return targets
    .filter(({ address }) => sender.addresses.some(({ family }) => family === address.family))
    .flatMap(({ name: to, address }) =>
      ports.map((port) => {
        const found = trace(model, from.name, to, port, address.family);
        const source = found.hops.at(-1)?.source ?? found.source;
        const destination = String(address);
        return {
          from: from.name,
          to,
          at,
          port,
          source,
          ...predictionOf({ ...found, destination }),
        };
      }),
    );
}

function between(model: Model, from: Station, to: Station, port: Port): readonly Expected[] {
  if (from.kind === 'outside') return [];
  if (from.kind === 'segment' || to.kind === 'segment') return inSegment(model, from, to, port);
  if (from.kind === 'pod') return fromPod(model.network, from, to, port);
  const common = { from: from.name, to: to.name, port };
  if (to.kind === 'pod') {
    // A machine's own pods are reached from an address that no file gives.
    return to.addresses
      .filter(({ family }) => familiesIn(model, from.name).includes(family))
      .map((address) => trace(model, from.name, `${address}`, port))
      .map(({ source: _, ...found }) => ({ ...common, ...predictionOf(found) }));
  }
  return sharedFamilies(model, from.name, to.name)
    .map((family) => trace(model, from.name, to.name, port, family))
    .map((found) => ({
      ...common,
      source: found.source,
      ...(holds(model, to.name, found.destination) && { device: to.name }),
      ...predictionOf(found),
    }));
}

const holds = (model: Model, machine: string, address: string): boolean =>
  model.nodesByName.get(machine)?.overlay.some((own) => `${own}` === address) ?? false;

/** What a flow depends on that may be in trouble: its tunnels, and the device it is for. */
export const carriersOf = ({ tunnels, device }: Expected): readonly string[] =>
  device === undefined ? tunnels : [...tunnels, device];

const predictionOf = ({
  destination,
  verdict,
  reason,
  decision,
  hops,
  back,
}: Pick<Trace, 'destination' | 'verdict' | 'reason' | 'decision' | 'hops' | 'back'>) => ({
  family: Address.parse(destination).family,
  destination,
  verdict,
  reason,
  tunnels: [
    ...new Set(
      [...hops, ...back].flatMap((hop) =>
        hop.peer === undefined ? [] : tunnelBetween(hop.machine, hop.peer),
      ),
    ),
  ],
  ...(decision && { decision }),
});

const familiesIn = (model: Model, name: string): readonly Family[] =>
  sharedFamilies(model, name, name);

/**
 * What pods send stands in no file; where there is no policy, they reach each other: between sites
 * through the tunnels of their nodes, within one by the cluster's own network.
 */
function fromPod(network: Network, from: Station, to: Station, port: Port): readonly Expected[] {
  if (network.policy || to.kind !== 'pod') return [];
  return to.addresses
    .filter(({ family }) => from.addresses.some((own) => own.family === family))
    .map((address) => ({
      from: from.name,
      to: to.name,
      family: address.family,
      port,
      destination: `${address}`,
      source: `${from.addresses.find(({ family }) => family === address.family)}`,
      verdict: from.unit === to.unit ? 'outside' : 'allow',
      reason: `${from.node} and ${to.node} carry each other's pods`,
      tunnels: [tunnelBetween(from.node ?? '', to.node ?? '')],
    }));
}

/** Machines of a segment are followed like all others; from and to what is outside of it nothing is sent. */
function inSegment(model: Model, from: Station, to: Station, port: Port): readonly Expected[] {
  if (from.segment !== to.segment) return [];
  return sharedFamilies(model, from.name, to.name)
    .map((family) => trace(model, from.name, to.name, port, family))
    .map((found) => ({
      from: from.name,
      to: to.name,
      port,
      source: found.source,
      ...predictionOf(found),
    }));
}

/** A name of a flow that fits into a datagram. */
export const flowId = ({ from, to, family, port }: Expected): string =>
  `${from}>${to}/${family}/${formatPort(port)}`;
