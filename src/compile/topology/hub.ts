import { canLink, carrierOf, type Node, type Unit } from '../model.ts';
import type { Core } from './core.ts';
import { detour, relay } from './relay.ts';

/**
 * Stars: every unit links with the hubs, hubs link with each other, spokes meet at the first hub (in
 * the file's order) that both can link with.
 */
export function hubCore(units: readonly Unit[], hubNames: readonly string[]): Core {
  const hubs = hubNames.flatMap((name) => units.filter((unit) => unit.name === name));
  const isHub = new Set(hubs);
  const relays = hubs.map(carrierOf);
  const first = relays[0];
  const areNeighbours = (a: Node, b: Node): boolean => isHub.has(a.unit) || isHub.has(b.unit);
  const direct = (a: Node, b: Node): boolean => areNeighbours(a, b) && canLink(a, b);
  return {
    next: (from, to) =>
      direct(from, to)
        ? to
        : (relay(from, to, relays) ?? (areNeighbours(from, to) ? detour(from, to) : undefined)),
    upstream: (node) =>
      first?.machine.endpoint !== undefined && !isHub.has(node.unit) ? first : undefined,
    *neighbours(node: Node) {
      for (const unit of isHub.has(node.unit) ? units : hubs) {
        if (unit !== node.unit) yield* unit.nodes;
      }
    },
  };
}
