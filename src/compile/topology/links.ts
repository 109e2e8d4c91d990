import { canLink, carrierOf, type Node, type Unit } from '../model.ts';
import type { Core } from './core.ts';
import { detour } from './relay.ts';

/** Length of a path: hops first, then which links it uses. Unique for every path, so that ties cannot be broken two ways. */
interface Length {
  readonly hops: number;
  /** One bit per link: sums of distinct powers of two differ for different sets of links. */
  readonly links: bigint;
}

const shorter = (a: Length, b: Length): boolean =>
  a.hops !== b.hops ? a.hops < b.hops : a.links < b.links;

/**
 * Only the links named. Packets take the shortest path, transit sites forward by their carriers.
 * Among equally short paths the one with the smaller set of links wins, which makes shortest paths
 * unique and thereby symmetric and consistent hop by hop.
 */
export function linksCore(
  units: readonly Unit[],
  links: readonly (readonly [string, string])[],
): Core {
  const byName = new Map(units.map((unit) => [unit.name, unit]));
  const edges = new Map<Unit, Map<Unit, bigint>>(units.map((unit) => [unit, new Map()]));
  const canonical = [...new Set(links.map(([a, b]) => (a < b ? `${a} ${b}` : `${b} ${a}`)))].sort();
  for (const [index, pair] of canonical.entries()) {
    const [a, b] = pair.split(' ').map((name) => byName.get(name));
    if (!a || !b || a === b || !canLink(carrierOf(a), carrierOf(b))) continue;
    edges.get(a)?.set(b, 1n << BigInt(index));
    edges.get(b)?.set(a, 1n << BigInt(index));
  }
  const memo = new Map<Unit, ReadonlyMap<Unit, Unit>>();
  const towards = (target: Unit): ReadonlyMap<Unit, Unit> => {
    const known = memo.get(target) ?? shortestPathsTo(target, edges);
    memo.set(target, known);
    return known;
  };

  const next = (from: Node, to: Node): Node | undefined => {
    const unit = towards(to.unit).get(from.unit);
    if (!unit) return undefined;
    if (unit === to.unit) return canLink(from, to) ? to : detour(from, to);
    return canLink(from, carrierOf(unit)) ? carrierOf(unit) : detour(from, carrierOf(unit));
  };

  return {
    next,
    upstream: (node) => {
      const around = [...(edges.get(node.unit)?.keys() ?? [])];
      const only = around.length === 1 ? around[0] : undefined;
      return only && canLink(node, carrierOf(only)) ? carrierOf(only) : undefined;
    },
    *neighbours(node: Node) {
      for (const unit of edges.get(node.unit)?.keys() ?? []) yield* unit.nodes;
    },
  };
}

/** For every unit, the next unit on its way to the target (Dijkstra over the few links there are). */
function shortestPathsTo(
  target: Unit,
  edges: ReadonlyMap<Unit, ReadonlyMap<Unit, bigint>>,
): ReadonlyMap<Unit, Unit> {
  const length = new Map<Unit, Length>([[target, { hops: 0, links: 0n }]]);
  const next = new Map<Unit, Unit>();
  let frontier: readonly Unit[] = [target];
  while (frontier.length > 0) {
    const reached = new Set<Unit>();
    for (const unit of frontier.filter((u) => u === target || u.site !== undefined)) {
      const own = length.get(unit) as Length;
      for (const [other, link] of edges.get(unit) ?? []) {
        const candidate = { hops: own.hops + 1, links: own.links | link };
        const known = length.get(other);
        if (known && !shorter(candidate, known)) continue;
        length.set(other, candidate);
        next.set(other, unit);
        reached.add(other);
      }
    }
    frontier = [...reached];
  }
  return next;
}
