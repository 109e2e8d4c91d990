import type { Change } from '#state';
import { release } from '../adoption/release.ts';
import type { Context, LinuxFacility } from '../context.ts';
import type { Device } from '../devices.ts';
import { oneByOne } from '../failure.ts';
import { isAdopted } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { takeIn } from './move.ts';
import { observeTunnels } from './observe.ts';
import { establishPeers, withdrawPeers } from './peers.ts';
import { configure, createTunnel, deleteDevice } from './tunnel.ts';

/** Tunnels, by the kernel or by wireguard-go, and their peers. */
export const wireguard: LinuxFacility = {
  name: 'wireguard',
  v: 1,

  observe: observeTunnels,

  async establish(context, changes) {
    if (context.namespace !== 'root') return takeIn(context, changes);
    const tunnels = await oneByOne(wishesOf(changes, 'tunnels'), ({ item, before }) =>
      before ? configure(context, item, before) : createTunnel(context, item),
    );
    const without = new Set(tunnels.map(({ change }) => change.id));
    const peers = changes.filter((change) => isPeerOf(change, without));
    return [...tunnels, ...(await establishPeers(context, peers))];
  },

  async withdraw(context, changes) {
    if (context.namespace !== 'root') return [];
    const peers = await withdrawPeers(context, changes);
    const tunnels = await oneByOne(removalsOf(changes, 'tunnels'), ({ item }) =>
      dropDevice(context, item.interface),
    );
    return [...peers, ...tunnels];
  },
};

/** What was there before us stays, without our mark. */
function dropDevice(context: Context, name: string): Promise<void> {
  const device = context.devices.get(name);
  if (!isAdopted(device?.alias)) return deleteDevice(context, name);
  return release(context.run, context.network, device as Device);
}

/** Peers whose tunnel could be made. */
const isPeerOf = (change: Change, without: ReadonlySet<string>): boolean =>
  change.facility === 'peers' && !without.has(change.id.slice(0, change.id.indexOf(' ')));
