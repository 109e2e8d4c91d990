import { type Change, type Facility, facilities } from '#state';

/** What lies on a device goes before it, and comes after it. */
export function inOrder(changes: readonly Change[]): readonly Change[] {
  const position = new Map(facilities.map((facility, index) => [facility, index]));
  const late = new Set<Facility>(['addresses', 'routes', 'rules', 'forwarding', 'dhcp-servers']);
  const ends = new Set(changes.flatMap(endOf));
  const rank = (change: Change): number => {
    const { namespace, facility, kind } = change;
    if (facility === 'routes' && kind === 'add' && ends.has(change.after.device)) return 500;
    const index = (position.get(facility) ?? 0) + (namespace === 'root' ? 0 : 200);
    return kind === 'remove' ? -index : index + (late.has(facility) ? 100 : 0);
  };
  return changes.toSorted((a, b) => rank(a) - rank(b));
}

/** The end of a pair that comes from another namespace. */
const endOf = (change: Change): readonly string[] =>
  change.facility === 'veths' && change.kind !== 'remove' ? [change.after.peer] : [];
