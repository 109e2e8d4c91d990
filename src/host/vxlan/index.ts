import { setTimeout as sleep } from 'node:timers/promises';
import { HawserError } from '#base';
import { putItem, type VxlanItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import type { Device } from '../devices.ts';
import { hostErrors } from '../errors.ts';
import { oneByOne } from '../failure.ts';
import { ipBatch, ipLines } from '../ip-batch.ts';
import { lacksKind } from '../lacks.ts';
import { markOf, networkOf } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { portMtu } from './mtu.ts';

function itemOf({ name, master = '', up, vxlan, slave }: Device): VxlanItem {
  const flags = [slave?.flood, slave?.mcast_flood, slave?.bcast_flood].map((flag) => flag ?? true);
  const floods = flags.every((flag) => flag);
  const isMixed = !floods && flags.some((flag) => flag);
  const learns = (vxlan?.learning ?? true) || (slave?.learning ?? true);
  return {
    name,
    bridge: master,
    vni: vxlan?.id ?? 0,
    port: vxlan?.port ?? 0,
    local: vxlan?.local ?? vxlan?.local6 ?? '',
    up,
    sealed: !isMixed && !learns && (slave?.neigh_suppress ?? false),
    floods,
  };
}

const isOther = (a: VxlanItem, b: VxlanItem): boolean =>
  a.vni !== b.vni || a.port !== b.port || a.local !== b.local;

/** ms between tries, and how many: the last process in a namespace that is gone may take so long to end. */
const pause = 100;
const tries = 30;

const isHeld = /File exists|already exists/;

/**
 * A namespace whose name is gone lives on with the last process in it, and with it the device whose place this
 * one takes. The kernel lets go in its own time.
 */
async function onceFree(make: () => Promise<unknown>): Promise<void> {
  for (let n = 1; ; n++) {
    try {
      await make();
      return;
    } catch (error) {
      const mayPass = error instanceof HawserError && isHeld.test(error.message);
      if (!mayPass || n === tries) throw error;
      await sleep(pause);
    }
  }
}

/**
 * Born where the tunnels are, so that its socket is there; it moves in the moment of its making. Without a
 * `dev` it may have the MTU of its port, and what does not fit through the tunnel is answered (ICMP).
 */
async function make(context: Context, item: VxlanItem): Promise<void> {
  const { name, vni, port, local } = item;
  const options = ['id', String(vni), 'dstport', String(port), 'local', local, 'nolearning'];
  const mtu = portMtu(context);
  await onceFree(() =>
    context.runInRoot('write', [
      ...['ip', 'link', 'add', 'name', name, 'netns', context.namespace],
      ...(mtu === undefined ? [] : ['mtu', String(mtu)]),
      ...['type', 'vxlan', ...options],
    ]),
  ).catch((error: unknown) => {
    if (!lacksKind(error)) throw error;
    throw hostErrors.error('host/no-vxlan', { namespace: context.namespace }, { cause: error });
  });
  await context.run('write', [
    ...['ip', 'link', 'set', 'dev', name, 'alias', markOf(context.network, name)],
    ...['addrgenmode', 'none'],
  ]);
}

/** Joins it to its bridge with everything shut, and only then lets frames through. */
async function join({ run }: Context, { name, bridge, floods }: VxlanItem): Promise<void> {
  const all = floods ? 'on' : 'off';
  const shut = `learning off flood ${all} mcast_flood ${all} bcast_flood ${all} neigh_suppress on`;
  await ipLines(run, [
    `link set dev ${name} master ${bridge}`,
    `link set dev ${name} type bridge_slave ${shut}`,
    `link set dev ${name} up`,
  ]);
}

async function establish(context: Context, item: VxlanItem, before?: VxlanItem): Promise<void> {
  if (before && isOther(before, item)) {
    await context.run('write', ['ip', 'link', 'del', 'dev', item.name]);
  }
  if (!before || isOther(before, item)) {
    await make(context, item);
    context.remade.add(item.name);
  }
  await join(context, item);
}

/** VXLAN devices of ours: what comes out of the tunnels into the bridges of this namespace. */
export const vxlan: LinuxFacility = {
  name: 'vxlans',
  v: 1,

  observe:
    async ({ devices, network }) =>
    (into) => {
      for (const device of devices.all) {
        if (device.vxlan && networkOf(device.alias) === network) {
          putItem(into, 'vxlans', itemOf(device));
        }
      }
    },

  establish: (context, changes) =>
    oneByOne(wishesOf(changes, 'vxlans'), ({ item, before }) => establish(context, item, before)),

  withdraw: ({ run }, changes) =>
    ipBatch(
      run,
      removalsOf(changes, 'vxlans').map(({ change, item }) => ({
        change,
        line: `link del dev ${item.name}`,
      })),
    ),
};
