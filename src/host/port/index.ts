import { type PortItem, putItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import { type Device, isEthernet } from '../devices.ts';
import { hostErrors } from '../errors.ts';
import { oneByOne } from '../failure.ts';
import { ipLines } from '../ip-batch.ts';
import { adoptedMarkOf, isAdopted, networkOf } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { resized } from '../vxlan/mtu.ts';

/** A tunnel is nobody's port, ours or not, and what holds an address or is on a bridge of others is in use. */
function refuse({ rootDevices }: Context, { device }: PortItem): void {
  const found = rootDevices.get(device);
  if (!found) throw hostErrors.error('host/no-port', { device });
  const why = whyNot(found);
  if (why !== undefined) throw hostErrors.error('host/port-in-use', { device, why });
}

function whyNot(found: Device): string | undefined {
  const { addresses, master, alias } = found;
  if (!isEthernet(found)) return 'it is a tunnel, and carries no frames';
  if (addresses.length > 0) return `it has the address ${addresses[0] ?? ''}`;
  if (master !== undefined) return `it is on the bridge ${master}`;
  return alias?.startsWith('hawser:') && !isAdopted(alias)
    ? 'it is one of Hawser’s own'
    : undefined;
}

/** Of the mark of a port that was up before: moving it sets it down. No name of a device has a slash. */
const wasUp = '/up';

/** Into the namespace, marked first so that it is given back whatever happens, and as it was. */
async function take(context: Context, item: PortItem): Promise<void> {
  refuse(context, item);
  const { device } = item;
  const { up, alias } = context.rootDevices.get(device) ?? {};
  const mark = adoptedMarkOf(context.network, device);
  const isUp = up || alias === `${mark}${wasUp}`;
  await ipLines(context.runInRoot, [
    `link set dev ${device} alias ${mark}${isUp ? wasUp : ''}`,
    `link set dev ${device} netns ${context.namespace}`,
  ]);
}

async function establish(context: Context, item: PortItem): Promise<void> {
  if (!context.devices.get(item.device)) await take(context, item);
  const { device, bridge } = item;
  const master = bridge === '' ? 'nomaster' : `master ${bridge}`;
  await ipLines(context.run, [
    `link set dev ${device} ${master}`,
    `link set dev ${device} up`,
    ...resized(context),
  ]);
}

/** It loses its mark only at home: one that could not go is still known as lent. */
async function giveBack(context: Context, device: string): Promise<void> {
  await ipLines(context.run, [
    `link set dev ${device} nomaster`,
    `link set dev ${device} netns ${context.rootNamespace}`,
  ]);
  const isUp = context.devices.get(device)?.alias?.endsWith(wasUp) ?? false;
  const again = isUp ? ['up'] : [];
  await context.runInRoot('write', ['ip', 'link', 'set', 'dev', device, 'alias', '', ...again]);
}

/** Devices of the machine that are lent to a namespace of ours, and given back when it goes. */
export const port: LinuxFacility = {
  name: 'ports',
  v: 1,

  observe:
    async ({ devices, network, namespace }) =>
    (into) => {
      if (namespace === 'root') return;
      for (const { name: device, alias, master: bridge = '', up } of devices.all) {
        if (isAdopted(alias) && networkOf(alias) === network) {
          putItem(into, 'ports', { device, bridge, up });
        }
      }
    },

  establish: (context, changes) =>
    oneByOne(wishesOf(changes, 'ports'), ({ item }) => establish(context, item)),

  withdraw: (context, changes) =>
    oneByOne(removalsOf(changes, 'ports'), ({ item }) => giveBack(context, item.device)),
};
