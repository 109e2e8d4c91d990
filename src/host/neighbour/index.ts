import { putItem } from '#state';
import type { LinuxFacility } from '../context.ts';
import { ipBatch } from '../ip-batch.ts';
import { readJson } from '../json.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { isOurSpace } from '../space/index.ts';

interface Entry {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
}

/** Permanent neighbours in the namespaces of ours; elsewhere they are the machine's own affair. */
export const neighbour: LinuxFacility = {
  name: 'neighbours',
  v: 1,

  async observe(context) {
    if (context.namespace === 'root' || !isOurSpace(context)) return () => undefined;
    const argv = ['ip', '-j', 'neigh', 'show', 'nud', 'permanent'];
    const entries = readJson<readonly Entry[]>('ip -j', await context.run('read', argv));
    return (into) => {
      for (const { dst: address, dev: device, lladdr: mac = '' } of entries) {
        putItem(into, 'neighbours', { device, address, mac });
      }
    };
  },

  establish: ({ run }, changes) =>
    ipBatch(
      run,
      wishesOf(changes, 'neighbours').map(({ change, item: { device, address, mac } }) => ({
        change,
        line: `neigh replace ${address} lladdr ${mac} dev ${device} nud permanent`,
      })),
    ),

  withdraw: ({ run }, changes) =>
    ipBatch(
      run,
      removalsOf(changes, 'neighbours').map(({ change, item: { device, address } }) => ({
        change,
        line: `neigh del ${address} dev ${device}`,
      })),
    ),
};
