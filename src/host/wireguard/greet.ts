import type { Change } from '#state';
import type { Context } from '../context.ts';
import type { Failure } from '../contract.ts';
import { oneByOne } from '../failure.ts';
import { editsOf } from '../pick.ts';
import { comesTo, returnsTo } from './move.ts';
import { dumpOf } from './read.ts';

/** Seconds after which a session is void at both ends (REJECT_AFTER_TIME of WireGuard's protocol). */
const sessionLasts = 180;

/** Keys in one command: far below the limit of what fits into an argv. */
const keysAtOnce = 250;

/**
 * Speaks with the peers of devices that came here. In the kernel a device forgets its sessions when it goes down, and it has
 * to for a move; a peer that does not know goes on with the old one unheard, for up to 15 s. A keepalive that is
 * switched on is sent at once, and a handshake before it (wg(8)); peers that have one are spoken with by WireGuard itself.
 */
export const greet = (context: Context, changes: readonly Change[]): Promise<readonly Failure[]> =>
  oneByOne(
    editsOf(changes, 'tunnels')
      .filter(
        (change) => comesTo(change, context.namespace) || returnsTo(change, context.namespace),
      )
      .map((change) => ({ change })),
    ({ change }) => greetPeers(context, change.id),
  );

async function greetPeers({ run }: Context, name: string): Promise<void> {
  const now = Date.now() / 1000;
  const dump = await dumpOf(run, name);
  const keys = (dump?.peers ?? [])
    .filter(
      ({ keepalive, latestHandshake }) => keepalive === 0 && now - latestHandshake < sessionLasts,
    )
    .map(({ publicKey }) => publicKey);
  for (let at = 0; at < keys.length; at += keysAtOnce) {
    const some = keys.slice(at, at + keysAtOnce);
    for (const keepalive of ['1', 'off']) {
      const words = some.flatMap((key) => ['peer', key, 'persistent-keepalive', keepalive]);
      await run('write', ['wg', 'set', name, ...words]);
    }
  }
}
