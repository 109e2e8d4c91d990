import { type NeighbourItem, putItem } from '#state';
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

const put = ({ device, address, mac }: NeighbourItem): string =>
  `neigh replace ${address} lladdr ${mac} dev ${device} nud permanent`;

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

  establish({ run, wanted, remade }, changes) {
    const wished = wishesOf(changes, 'neighbours');
    const told = new Set(wished.map(({ item }) => item));
    const lines = wished.map(({ change, item }) => ({ change, line: put(item) }));
    // With the MAC address of a bridge its neighbours went, or with its last address.
    const anew = [
      ...wishesOf(changes, 'bridges').map(({ change, item }) => ({ change, device: item.name })),
      ...removalsOf(changes, 'addresses').map(({ change, item }) => ({ change, ...item })),
    ].filter(({ device }) => remade.has(device));
    const more = anew.flatMap(({ change, device }) =>
      [...wanted.neighbours.values()]
        .filter((one) => one.device === device && !told.has(one))
        .map((one) => ({ change, line: put(one) })),
    );
    return ipBatch(run, [...lines, ...more]);
  },

  withdraw: ({ run }, changes) =>
    ipBatch(
      run,
      removalsOf(changes, 'neighbours').map(({ change, item: { device, address } }) => ({
        change,
        line: `neigh del ${address} dev ${device}`,
      })),
    ),
};
