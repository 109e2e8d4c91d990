import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Facts } from '#compile';
import type { Underlay } from './underlay/plan.ts';

/**
 * The lab's /etc/hosts: the machine's own, the DNS names of endpoints, and every machine of the lab by
 * its name. Gives its path.
 */
export async function hostsFile(dir: string, underlay: Underlay, facts: Facts): Promise<string> {
  const own = await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n');
  const lines = [
    ...Object.entries(underlay.names).map(([host, address]) => `${address}\t${host}`),
    ...underlay.stations.flatMap(({ name, addresses }) =>
      [...(facts.ledger.addresses[name] ?? []), ...addresses.map(String)].map((a) => `${a}\t${name}`),
    ),
  ];
  const path = join(dir, 'hosts');
  await writeFile(path, `${own.trimEnd()}\n${lines.join('\n')}\n`);
  return path;
}
