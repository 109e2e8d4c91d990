import { byText } from '#base';
import { canLink, type Model, type Node } from './model.ts';
import { hostsBehind } from './project/hosts-behind.ts';

/** A tunnel as the file means it, from outside; its machines in the order of their names. */
export interface TunnelPair {
  readonly machines: readonly [string, string];
  /** Seconds between the keepalives that each of them sends; 0: none. */
  readonly keepalive: readonly [number, number];
  /** What is asked behind each by name; undefined: nothing lies behind it, none: nobody there is known. */
  readonly behind: readonly [Behind, Behind];
}

type Behind = readonly string[] | undefined;

/** Seconds between keepalives of a machine towards another, as the file has them. */
export const usualKeepalive = (node: Node, other: Node): number =>
  canLink(node, other) ? node.machine.keepalive : 0;

/** Every two machines that exchange packets by a tunnel, also before they have joined; sorted. Pure. */
export function tunnelPairs({ nodes, paths }: Model): readonly TunnelPair[] {
  const pairs = new Map<string, TunnelPair>();
  const behind = new Map(
    nodes.map((node) => [node, hostsBehind(node)?.map(({ name }) => name)] as const),
  );
  for (const node of nodes) {
    if (node.isRevoked) continue;
    const upstream = paths.upstream(node);
    for (const other of [...paths.neighbours(node), ...(upstream ? [upstream] : [])]) {
      if (other.isRevoked) continue;
      const [a, b] = byText(node.name, other.name) < 0 ? [node, other] : [other, node];
      const keepalive = [usualKeepalive(a, b), usualKeepalive(b, a)] as const;
      pairs.set(`${a.name} ${b.name}`, {
        machines: [a.name, b.name],
        keepalive,
        behind: [behind.get(a), behind.get(b)],
      });
    }
  }
  return [...pairs].sort(([a], [b]) => byText(a, b)).map(([, pair]) => pair);
}
