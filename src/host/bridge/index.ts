import { fnv1a } from '#base';
import { type BridgeItem, putItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import type { Device } from '../devices.ts';
import { hostErrors } from '../errors.ts';
import { oneByOne } from '../failure.ts';
import { ipBatch, ipLines } from '../ip-batch.ts';
import { lacksKind } from '../lacks.ts';
import { markOf, networkOf } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';

/**
 * A bridge without an address of its own takes that of a port, and with each change of it all of its
 * neighbours go. Of those that nobody sells (the second bit).
 */
function addressOf(mark: string): string {
  const digits = fnv1a(mark).toString(16).padStart(8, '0');
  return ['02', '68', ...(digits.match(/../g) ?? [])].join(':');
}

/** What is switched on, of what we never switch on. */
const switchedOn = ({ bridge: data }: Device): readonly string[] =>
  (['mcast_snooping', 'stp_state', 'vlan_filtering'] as const).filter(
    (option) => (data?.[option] ?? 0) !== 0,
  );

/** Only what is on is switched off: some kernels have no `vlan_filtering`. */
function plainAgain(device: Device | undefined): readonly string[] {
  const off = device ? switchedOn(device).map((option) => `${option} 0`) : [];
  return off.map((one) => `link set dev ${device?.name} type bridge ${one}`);
}

async function establish(
  { run, network, namespace, remade, devices }: Context,
  { name, mac }: BridgeItem,
  before?: BridgeItem,
): Promise<void> {
  const mark = markOf(network, name);
  const make = [
    `link add dev ${name} address ${mac ?? addressOf(mark)} type bridge mcast_snooping 0 stp_state 0`,
    `link set dev ${name} alias ${mark} addrgenmode none`,
  ];
  const isOther = before !== undefined && mac !== undefined && mac !== before.mac;
  if (isOther) remade.add(name);
  const lines = [
    ...(before ? plainAgain(devices.get(name)) : make),
    ...(isOther ? [`link set dev ${name} address ${mac}`] : []),
    `link set dev ${name} up`,
  ];
  try {
    await ipLines(run, lines);
  } catch (error) {
    throw lacksKind(error) ? hostErrors.error('host/no-bridge', { namespace }) : error;
  }
}

/**
 * Bridges of ours. They have no IP address, not even one of their own making, and so say nothing
 * themselves; and what goes to a group goes everywhere (`mcast_snooping 0`), as far as their ports let it.
 */
export const bridge: LinuxFacility = {
  name: 'bridges',
  v: 1,

  observe:
    async ({ devices, network, wanted }) =>
    (into) => {
      for (const device of devices.all) {
        const { name, kind, alias, up, mac } = device;
        if (kind !== 'bridge' || networkOf(alias) !== network) continue;
        const isAsked = wanted.bridges.get(name)?.mac !== undefined;
        const plain = switchedOn(device).length === 0;
        putItem(into, 'bridges', { name, ...(isAsked && mac !== undefined && { mac }), up, plain });
      }
    },

  establish: (context, changes) =>
    oneByOne(wishesOf(changes, 'bridges'), ({ item, before }) => establish(context, item, before)),

  withdraw: ({ run }, changes) =>
    ipBatch(
      run,
      removalsOf(changes, 'bridges').map(({ change, item }) => ({
        change,
        line: `link del dev ${item.name}`,
      })),
    ),
};
