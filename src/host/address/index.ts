import { type DeviceAddress, putItem } from '#state';
import { type Context, isGivenBack, isOurs, type LinuxFacility } from '../context.ts';
import type { Device } from '../devices.ts';
import { ipBatch } from '../ip-batch.ts';
import { isAdopted, networkOf } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';

/** IPv6 addresses are used at once: there is nobody on a tunnel to ask whether they are taken. */
const options = (item: DeviceAddress): string => (item.address.includes(':') ? ' nodad' : '');

/** Of a tunnel, or of a device that we made in a namespace of ours. */
const isAllOurs = (context: Context, device: Device): boolean =>
  context.namespace === 'root'
    ? isOurs(context, device.name) && !isGivenBack(context, device)
    : networkOf(device.alias) === context.network && !isAdopted(device.alias);

/** The kernel gives our bridges none of the link (`addrgenmode none`): those they have are ours. */
const heldBy = (context: Context, { kind, addresses, linkAddresses = [] }: Device) =>
  context.namespace !== 'root' && kind === 'bridge' ? [...addresses, ...linkAddresses] : addresses;

/** Addresses of our devices, all of them; of foreign devices those that are wished. */
export const address: LinuxFacility = {
  name: 'addresses',
  v: 1,

  observe: async (context) => (into) => {
    for (const device of context.devices.all) {
      if (context.broken.has(device.name)) continue;
      const all = isAllOurs(context, device) && device.name !== 'lo';
      for (const held of heldBy(context, device)) {
        const item = { device: device.name, address: held };
        if (all || context.wanted.addresses.has(`${device.name} ${held}`)) {
          putItem(into, 'addresses', item);
        }
      }
    }
  },

  establish: ({ run }, changes) =>
    ipBatch(
      run,
      wishesOf(changes, 'addresses').map(({ change, item }) => ({
        change,
        line: `address replace ${item.address} dev ${item.device}${options(item)}`,
      })),
    ),

  withdraw({ run, namespace, remade }, changes) {
    const gone = removalsOf(changes, 'addresses');
    // With the last address of a device the kernel forgets its neighbours, the permanent ones too.
    if (namespace !== 'root') for (const { item } of gone) remade.add(item.device);
    return ipBatch(
      run,
      gone.map(({ change, item }) => ({
        change,
        line: `address del ${item.address} dev ${item.device}`,
      })),
    );
  },
};
