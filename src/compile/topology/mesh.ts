import { canLink, carrierOf, type Node, type Unit } from '../model.ts';
import type { Core } from './core.ts';
import { detour, relay } from './relay.ts';

/** Everyone with everyone; two machines without endpoints meet at the first site that has one. */
export function meshCore(units: readonly Unit[]): Core {
  const relays = units
    .filter((unit) => unit.site !== undefined)
    .map(carrierOf)
    .filter((node) => node.machine.endpoint !== undefined);
  return {
    next: (from, to) => (canLink(from, to) ? to : (relay(from, to, relays) ?? detour(from, to))),
    upstream: () => undefined,
    *neighbours(node: Node) {
      for (const unit of units) if (unit !== node.unit) yield* unit.nodes;
    },
  };
}
