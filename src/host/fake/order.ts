import { type Change, type Facility, facilities } from '#state';

/** What lies on a device goes before it, and comes after it. */
export function inOrder(changes: readonly Change[]): readonly Change[] {
  const position = new Map(facilities.map((facility, index) => [facility, index]));
  const late = new Set<Facility>(['addresses', 'routes', 'rules', 'forwarding', 'dhcp-servers']);
  const rank = ({ namespace, facility, kind }: Change): number => {
    const index = (position.get(facility) ?? 0) + (namespace === 'root' ? 0 : 200);
    return kind === 'remove' ? -index : index + (late.has(facility) ? 100 : 0);
  };
  return changes.toSorted((a, b) => rank(a) - rank(b));
}
