import { putItem } from '#state';
import { type Context, isOurs, type LinuxFacility } from '../context.ts';
import { ipBatch } from '../ip-batch.ts';
import { wishesOf } from '../pick.ts';

/** MTU and state of our devices. They come and go with what makes them. */
export const link: LinuxFacility = {
  name: 'links',
  v: 1,

  observe: async (context: Context) => (into) => {
    for (const { name, mtu, up } of context.devices.all) {
      const known = context.wanted.links.has(name);
      if (known && isOurs(context, name)) putItem(into, 'links', { name, mtu, up });
    }
  },

  establish: ({ run }, changes) =>
    ipBatch(
      run,
      wishesOf(changes, 'links').map(({ change, item }) => ({
        change,
        line: `link set dev ${item.name} mtu ${item.mtu} ${item.up ? 'up' : 'down'}`,
      })),
    ),

  withdraw: async () => [],
};
