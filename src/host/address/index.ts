import { type DeviceAddress, putItem } from '#state';
import { isGivenBack, isOurs, type LinuxFacility } from '../context.ts';
import { ipBatch } from '../ip-batch.ts';
import { removalsOf, wishesOf } from '../pick.ts';

/** IPv6 addresses are used at once: there is nobody on a tunnel to ask whether they are taken. */
const options = (item: DeviceAddress): string => (item.address.includes(':') ? ' nodad' : '');

/** Addresses of our devices, all of them; of foreign devices those that are wished. */
export const address: LinuxFacility = {
  name: 'addresses',
  v: 1,

  observe: async (context) => (into) => {
    for (const device of context.devices.all) {
      if (context.broken.has(device.name)) continue;
      const all = isOurs(context, device.name) && !isGivenBack(context, device);
      for (const held of device.addresses) {
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

  withdraw: ({ run }, changes) =>
    ipBatch(
      run,
      removalsOf(changes, 'addresses').map(({ change, item }) => ({
        change,
        line: `address del ${item.address} dev ${item.device}`,
      })),
    ),
};
