import type { Change, NamespaceView } from '#state';
import type { Announcement } from '../contract.ts';

/**
 * What machines on a port of ours are to hear when these changes were made: at which MAC address others are found from now on. Nothing
 * where all is new, and nobody can remember anything else.
 */
export function changedBy(
  changes: readonly Change[],
  wanted: NamespaceView,
): readonly Announcement[] {
  const isNew = changes.some(({ facility, kind }) => facility === 'bridges' && kind === 'add');
  return isNew ? [] : changes.flatMap((change) => ofChange(change, wanted));
}

function ofChange(change: Change, { bridges, neighbours, proxies }: NamespaceView): Announcement[] {
  if (change.facility === 'neighbours' && (change.kind === 'add' || change.kind === 'change')) {
    return bridges.has(change.after.device) ? [change.after] : [];
  }
  if (change.facility !== 'proxies') return [];
  if (change.kind === 'add') return [change.after];
  if (change.kind !== 'remove') return [];
  // The port is back on a bridge, which answers with what it knows.
  const { address } = change.before;
  const answers = [...bridges.keys()].flatMap(
    (bridge) => neighbours.get(`${bridge} ${address}`) ?? [],
  );
  return proxies.size === 0 ? answers : [];
}
