import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '#compile';
import { inside, type Keeper } from './keeper.ts';
import { addressesOf } from './listening.ts';
import { layOver } from './mounts.ts';
import type { Underlay } from './underlay/plan.ts';

/** Where a lab's /etc/hosts is; laid over the machine's before any station starts, filled later. */
const hostsPath = (dir: string): string => join(dir, 'hosts');

const ownHosts = (): Promise<string> =>
  readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n');

/**
 * Gives the lab an /etc/hosts of its own. A machine without one, as a bare Debian, has no place to lay
 * it over; there the lab's machines are known by their addresses only.
 */
export async function layHostsFile(keeper: Keeper, dir: string): Promise<void> {
  await writeFile(hostsPath(dir), await ownHosts());
  if (existsSync('/etc/hosts')) await layOver(inside(keeper), hostsPath(dir), '/etc/hosts');
}

/** Names the DNS names of endpoints, and every machine of the lab, besides what stood there. */
export async function fillHostsFile(dir: string, underlay: Underlay, model: Model): Promise<void> {
  const lines = [
    ...Object.entries(underlay.names).map(([host, address]) => `${address}\t${host}`),
    ...underlay.stations.flatMap((station) =>
      addressesOf(model, station).map((address) => `${address}\t${station.name}`),
    ),
  ];
  await writeFile(hostsPath(dir), `${(await ownHosts()).trimEnd()}\n${lines.join('\n')}\n`);
}
