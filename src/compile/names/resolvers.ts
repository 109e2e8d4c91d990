import type { Address } from '#ip';
import { carrierOf, type Model, type Node, type Unit } from '../model.ts';
import { tunnelSpace } from '../project/routers/place.ts';

const found = new WeakMap<Model, readonly Node[]>();

/** Who answers for the zone: the carrier of each site, where an agent and the tunnel are; sorted by name. */
export function resolversOf(model: Model): readonly Node[] {
  const known = found.get(model) ?? (model.network.dns ? carriersOf(model) : []);
  found.set(model, known);
  return known;
}

const carriersOf = (model: Model): readonly Node[] =>
  model.nodes.filter(
    (node) =>
      node.isCarrier &&
      node.unit.site &&
      node.machine.managed &&
      node.overlay.length > 0 &&
      tunnelSpace(model, node) === undefined,
  );

/** One more is no help, and less than two is a single point of failure. */
const asked = 3;

/**
 * Whom a machine asks, nearest first: its own site's resolver, its hub's, those of the network's hubs,
 * then the others in the order of their names.
 */
export function askedBy(model: Model, node: Node): readonly Node[] {
  const { topology } = model.network;
  const hubs = topology.kind === 'hub' ? topology.hubs : [];
  const near = [node.unit.name, node.unit.hub, ...hubs].flatMap((name) => {
    const unit: Unit | undefined = model.unitsByName.get(name ?? '');
    return unit ? [carrierOf(unit)] : [];
  });
  const all = resolversOf(model);
  const ordered = new Set([...near.filter((one) => all.includes(one)), ...all]);
  return [...ordered].filter((one) => canAsk(model, node, one)).slice(0, asked);
}

const canAsk = (model: Model, node: Node, resolver: Node): boolean =>
  (node === resolver || model.paths.next(node, resolver) !== undefined) &&
  answersAt(node, resolver).length > 0;

/** In the families of who asks, and only where the tunnel leads. */
const answersAt = ({ overlay, machine }: Node, resolver: Node): readonly Address[] =>
  resolver.overlay.filter(
    (address) =>
      overlay.some(({ family }) => family === address.family) &&
      (machine.allowedIps?.some((prefix) => prefix.contains(address)) ?? true),
  );

/** The addresses at which they answer a machine. */
export const serversFor = (model: Model, node: Node): readonly Address[] =>
  askedBy(model, node).flatMap((resolver) => answersAt(node, resolver));
