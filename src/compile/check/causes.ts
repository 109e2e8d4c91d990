import type { Family } from '#ip';
import { canLink, carrierOf, lanAddress, type Model, type Node, type Unit } from '../model.ts';
import type { Station } from '../trace/places.ts';
import { unitOf } from './stations.ts';

/**
 * Why a pair does not arrive, as far as that is a cause which many pairs share. `told`: another
 * finding says it. `between`: these two units have no way to each other, which one finding says.
 */
export type Cause =
  | { readonly told: true }
  | { readonly told: false; readonly between: readonly [Node, Node] };

/** The shared cause of a pair that is unreachable; undefined if the pair stands for itself. */
export function causeOf(
  model: Model,
  from: Station,
  to: Station,
  family: Family,
): Cause | undefined {
  if ([from, to].some((one) => hasNoGateway(model, one, family))) return { told: true };
  const [a, b] = [nodeOf(model, from), nodeOf(model, to)];
  if (a.unit === b.unit || (model.paths.next(a, b) && model.paths.next(b, a))) return undefined;
  if (model.network.topology.kind === 'links' && linkedByName(model, a.unit, b.unit)) {
    return { told: true };
  }
  const cut = [
    [a, b],
    [b, a],
  ].find(([member, other]) => isCutFromHub(model, member as Node, other as Node));
  return cut ? { told: true } : { told: false, between: [a, b] };
}

/** `compile/gateway-without-address` says it for all hosts of the site. */
function hasNoGateway(model: Model, station: Station, family: Family): boolean {
  return station.kind === 'host' && !lanAddress(carrierOf(unitOf(model, station)), family);
}

const nodeOf = (model: Model, station: Station): Node =>
  station.kind === 'node' ? station.node : carrierOf(unitOf(model, station));

/** A member that cannot link with its own site reaches nobody else either. */
function isCutFromHub(model: Model, { unit }: Node, other: Node): boolean {
  const hub = unit.hub === undefined ? undefined : model.unitsByName.get(unit.hub);
  return hub !== undefined && other.unit !== hub && !canLink(carrierOf(unit), carrierOf(hub));
}

/** Links of the file would join the two, but some cannot come up: `compile/link-impossible` says which. */
function linkedByName(model: Model, a: Unit, b: Unit): boolean {
  const { topology } = model.network;
  if (topology.kind !== 'links') return false;
  const reached = new Set([a.hub ?? a.name]);
  for (let before = 0; before < reached.size; ) {
    before = reached.size;
    for (const { ends } of topology.links) {
      if (ends.some((name) => reached.has(name))) for (const name of ends) reached.add(name);
    }
  }
  return reached.has(b.hub ?? b.name);
}
