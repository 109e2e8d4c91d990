import type { Change } from '#state';
import type { Context } from '../context.ts';
import type { Failure } from '../contract.ts';
import { needs } from '../needs.ts';

/** What is done apart from all else of the machine's own namespace. */
export interface OverPairs {
  /** Before any pair goes. */
  readonly first: readonly Change[];
  /** When all pairs are there. */
  readonly last: readonly Change[];
}

/**
 * The machine's routes over pairs of devices that lead into other namespaces: those have their turn after its own, and
 * before it when they are to go.
 */
export function overPairs(contexts: readonly Context[], changes: readonly Change[]): OverPairs {
  const ends = new Set([
    ...contexts.flatMap(({ wanted: { veths } }) => [...veths.values()].flatMap(endOf)),
    ...changes.flatMap((change) =>
      change.kind === 'remove' && change.facility === 'veths' ? endOf(change.before) : [],
    ),
  ]);
  const routes = changes.filter(
    ({ namespace, facility }) => namespace === 'root' && facility === 'routes',
  );
  return {
    first: routes.filter((change) => change.kind === 'remove' && ends.has(deviceOf(change.before))),
    last: routes.filter((change) => change.kind !== 'remove' && ends.has(deviceOf(change.after))),
  };
}

const endOf = ({ namespace, peer }: { readonly namespace: string; readonly peer: string }) =>
  namespace === 'root' ? [peer] : [];

const deviceOf = (item: object): string => ('device' in item ? String(item.device) : '');

/** Ends of pairs that could not be made. */
export const missingEnds = (failures: readonly Failure[]): readonly string[] =>
  failures.flatMap(({ change }) =>
    change.facility === 'veths' && change.kind === 'add' ? endOf(change.after) : [],
  );

/** Pairs that are not made, since the bridge for their other end could not be. */
export function withoutBridge(
  changes: readonly Change[],
  failures: readonly Failure[],
): readonly Failure[] {
  const lost = new Set(
    failures.flatMap(({ change }) =>
      change.facility === 'bridges' ? [`${change.namespace} ${change.id}`] : [],
    ),
  );
  return changes.flatMap((change) => {
    if (change.facility !== 'veths' || change.kind === 'remove') return [];
    const { namespace, bridge } = change.after;
    return lost.has(`${namespace} ${bridge}`) ? [needs(change, bridge)] : [];
  });
}
