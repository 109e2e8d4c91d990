import { HawserError } from '#base';
import { putItem, type VlanItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import { type Device, isEthernet } from '../devices.ts';
import { hostErrors } from '../errors.ts';
import { oneByOne } from '../failure.ts';
import { ipBatch, ipLines } from '../ip-batch.ts';
import { lacksKind } from '../lacks.ts';
import { markOf, networkOf } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { resized } from '../vxlan/mtu.ts';

function itemOf({ rootDevices }: Context, { name, vlan, master = '', up }: Device): VlanItem {
  const parent = rootDevices.all.find(({ index }) => index === vlan?.parentIndex);
  return { name, parent: parent?.name ?? '', tag: vlan?.tag ?? 0, bridge: master, up };
}

/** What ip(8) says where there is no device of that name. */
const noParent = /Cannot find device/;
/** And where somebody has a device for that tag, in whichever namespace: older kernels say it by the number of the error alone. */
const isTaken = /VLAN device already exists|File exists/;

function toldOf(error: unknown, { parent: device, tag }: VlanItem): unknown {
  const said = error instanceof HawserError ? error.message : '';
  if (noParent.test(said)) return hostErrors.error('host/no-port', { device });
  if (lacksKind(error)) return hostErrors.error('host/no-vlan', { device, tag });
  const why = `there is a device for its VLAN ${tag} already`;
  return isTaken.test(said) ? hostErrors.error('host/port-in-use', { device, why }) : error;
}

/** The kernel may make one on a tunnel, by which no frame would come. */
function refuseTunnel({ rootDevices }: Context, device: string): void {
  const found = rootDevices.get(device);
  if (!found || isEthernet(found)) return;
  const why = 'it is a tunnel, and carries no frames';
  throw hostErrors.error('host/port-in-use', { device, why });
}

async function make(context: Context, item: VlanItem): Promise<void> {
  const { name, parent, tag } = item;
  refuseTunnel(context, parent);
  const argv = ['ip', 'link', 'add', 'link', parent, 'name', name, 'netns', context.namespace];
  try {
    await context.runInRoot('write', [...argv, 'type', 'vlan', 'id', String(tag)]);
  } catch (error) {
    throw toldOf(error, item);
  }
  const mark = markOf(context.network, name);
  await context.run('write', ['ip', 'link', 'set', 'dev', name, 'alias', mark]);
}

async function establish(context: Context, item: VlanItem, before?: VlanItem): Promise<void> {
  const { name, parent, bridge, tag } = item;
  const isOther = before && (before.parent !== parent || before.tag !== tag);
  if (isOther) await context.run('write', ['ip', 'link', 'del', 'dev', name]);
  if (!before || isOther) await make(context, item);
  // Where it is down nothing on it can be up.
  if (context.rootDevices.get(parent)?.up !== true) {
    await context.runInRoot('write', ['ip', 'link', 'set', 'dev', parent, 'up']);
  }
  const master = bridge === '' ? 'nomaster' : `master ${bridge}`;
  await ipLines(context.run, [
    `link set dev ${name} ${master}`,
    `link set dev ${name} up`,
    ...resized(context),
  ]);
}

/**
 * Ports of segments that share a device of the machine, each with its own 802.1Q tag. A bridge that looks at tags
 * (`vlan_filtering`) would be no way out: the kernel has it where it has these devices (Kconfig).
 */
export const vlan: LinuxFacility = {
  name: 'vlans',
  v: 1,

  observe: async (context) => (into) => {
    for (const device of context.devices.all) {
      if (device.vlan && networkOf(device.alias) === context.network) {
        putItem(into, 'vlans', itemOf(context, device));
      }
    }
  },

  establish: (context, changes) =>
    oneByOne(wishesOf(changes, 'vlans'), ({ item, before }) => establish(context, item, before)),

  withdraw: ({ run }, changes) =>
    ipBatch(
      run,
      removalsOf(changes, 'vlans').map(({ change, item }) => ({
        change,
        line: `link del dev ${item.name}`,
      })),
    ),
};
