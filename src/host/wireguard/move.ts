import { HawserError } from '#base';
import type { Change, EditOf, TunnelItem } from '#state';
import type { Context } from '../context.ts';
import type { Failure } from '../contract.ts';
import { oneByOne } from '../failure.ts';
import { editsOf } from '../pick.ts';
import type { Run } from '../run.ts';

type TunnelChange = EditOf<'tunnels'>;

/** The namespace of a tunnel's device, once it is as the item says. */
const homeOf = ({ livesIn, bornIn }: TunnelItem): string => livesIn ?? bornIn;

const before = (change: TunnelChange): TunnelItem | undefined =>
  change.kind === 'add' ? undefined : change.before;

const after = (change: TunnelChange): TunnelItem | undefined =>
  change.kind === 'remove' ? undefined : change.after;

/** Whether a tunnel leaves a namespace that is not the one of its birth; where it goes away, it does so at home. */
function leaves(change: TunnelChange): boolean {
  const was = before(change);
  const is = after(change);
  return was?.livesIn !== undefined && (!is || homeOf(is) !== was.livesIn);
}

/** Whether a tunnel comes to live in a namespace that is not the one of its birth. */
export function comesTo(change: Change, namespace: string): change is TunnelChange {
  if (change.facility !== 'tunnels') return false;
  const item = after(change);
  if (!item || item.livesIn !== namespace) return false;
  return before(change)?.livesIn !== namespace;
}

/** Whether a tunnel comes back to the namespace of its birth. */
export function returnsTo(change: Change, namespace: string): change is TunnelChange {
  if (change.facility !== 'tunnels') return false;
  const item = after(change);
  return item !== undefined && leaves(change) && homeOf(item) === namespace;
}

/** What ip(8) says of a device, or of its namespace, that went away meanwhile. */
const isGone = /Cannot find device|Cannot open network namespace|setting the network namespace/;

/**
 * Brings devices back to where their sockets are. Peers, key and counters are the device's own and come with it
 * (wireguard.com/netns); its addresses and routes stay behind, and it is down.
 */
export const bringHome = (root: Context, changes: readonly Change[]): Promise<readonly Failure[]> =>
  oneByOne(
    editsOf(changes, 'tunnels')
      .filter(leaves)
      .map((change) => ({ change })),
    async ({ change }) => {
      const { interface: name, livesIn = 'root' } = before(change) as TunnelItem;
      try {
        const argv = ['ip', 'link', 'set', 'dev', name, 'netns', root.rootNamespace];
        await root.runIn(livesIn)('write', argv);
      } catch (error) {
        if (!(error instanceof HawserError && isGone.test(error.message))) throw error;
      }
      root.lives.delete(name);
    },
  );

/** Gives devices to this namespace, whose sockets stay where they are. */
export const takeIn = (
  { namespace, runInRoot }: Context,
  changes: readonly Change[],
): Promise<readonly Failure[]> =>
  oneByOne(
    editsOf(changes, 'tunnels')
      .filter((change) => comesTo(change, namespace))
      .map((change) => ({ change })),
    ({ change }) => runInRoot('write', ['ip', 'link', 'set', 'dev', change.id, 'netns', namespace]),
  );

/** Runs where a tunnel's device is: kernel WireGuard is found by it alone. */
export const runAt = (context: Context, name: string): Run => {
  const namespace = context.lives.get(name);
  return namespace === undefined ? context.run : context.runIn(namespace);
};
