import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '#compile';
import { addressesOf } from './listening.ts';
import type { Underlay } from './underlay/plan.ts';

/**
 * The lab's /etc/hosts: the machine's own, the DNS names of endpoints, and every machine of the lab by
 * its name. Gives its path.
 */
export async function hostsFile(dir: string, underlay: Underlay, model: Model): Promise<string> {
  const own = await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n');
  const lines = [
    ...Object.entries(underlay.names).map(([host, address]) => `${address}\t${host}`),
    ...underlay.stations.flatMap((station) =>
      addressesOf(model, station).map((address) => `${address}\t${station.name}`),
    ),
  ];
  const path = join(dir, 'hosts');
  await writeFile(path, `${own.trimEnd()}\n${lines.join('\n')}\n`);
  return path;
}
