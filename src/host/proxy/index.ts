import { putItem } from '#state';
import type { LinuxFacility } from '../context.ts';
import { ipBatch } from '../ip-batch.ts';
import { readJson } from '../json.ts';
import { removalsOf, wishesOf } from '../pick.ts';

interface Entry {
  readonly dst: string;
  readonly dev: string;
}

/** Addresses for which the devices of a namespace of ours answer ARP and ND themselves. */
export const proxy: LinuxFacility = {
  name: 'proxies',
  v: 1,

  async observe({ run }) {
    const text = await run('read', ['ip', '-j', 'neigh', 'show', 'proxy']);
    const entries = readJson<readonly Entry[]>('ip -j', text);
    return (into) => {
      for (const { dst: address, dev: device } of entries) {
        putItem(into, 'proxies', { device, address });
      }
    };
  },

  establish: ({ run }, changes) =>
    ipBatch(
      run,
      wishesOf(changes, 'proxies').map(({ change, item: { device, address } }) => ({
        change,
        line: `neigh replace proxy ${address} dev ${device}`,
      })),
    ),

  withdraw: ({ run }, changes) =>
    ipBatch(
      run,
      removalsOf(changes, 'proxies').map(({ change, item: { device, address } }) => ({
        change,
        line: `neigh del proxy ${address} dev ${device}`,
      })),
    ),
};
