import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exportNames, type Model, machinesOf } from '#compile';
import { inside, type Keeper } from './keeper.ts';
import { addressesOf } from './listening.ts';
import { hostsOf } from './machine.ts';
import { layOver } from './mounts.ts';
import type { Station, Underlay } from './underlay/plan.ts';

/** Where a lab's /etc/hosts is; laid over the machine's before any station starts, filled later. */
const hostsPath = (dir: string): string => join(dir, 'hosts');

const ownHosts = (): Promise<string> =>
  readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n');

/**
 * Gives the lab an /etc/hosts of its own. A machine without one, as a bare Debian, has no place to lay
 * it over; there the lab's machines are known by their addresses only.
 */
export async function layHostsFile(
  keeper: Keeper,
  dir: string,
  { stations }: Underlay,
): Promise<void> {
  const text = await ownHosts();
  for (const { name } of stations) {
    await mkdir(dirname(hostsOf(dir, name)), { recursive: true, mode: 0o700 });
    await writeFile(hostsOf(dir, name), text);
  }
  await writeFile(hostsPath(dir), text);
  if (existsSync('/etc/hosts')) await layOver(inside(keeper), hostsPath(dir), '/etc/hosts');
}

/** Gives a machine of the lab an /etc/hosts of its own; called on it. */
export async function layOwnHostsFile(dir: string, station: string): Promise<void> {
  if (existsSync('/etc/hosts')) await layOver([], hostsOf(dir, station), '/etc/hosts');
}

/**
 * Names the DNS names of endpoints, and every machine of the lab, besides what stood there. Where the
 * network has names of its own, agents see to them; for all others somebody has typed them.
 */
export async function fillHostsFile(dir: string, underlay: Underlay, model: Model): Promise<void> {
  const outer = Object.entries(underlay.names).flatMap(([host, addresses]) =>
    addresses.map((address) => `${address}\t${host}\n`),
  );
  const base = `${(await ownHosts()).trimEnd()}\n${outer.join('')}`;
  const inner = `${base}${namesIn(underlay, model)}`;
  const managed = model.network.dns ? new Set(machinesOf(model)) : new Set<string>();
  await writeFile(hostsPath(dir), inner);
  for (const { name } of underlay.stations) {
    const isNamed = managed.has(name) && (model.nodesByName.get(name)?.machine.managed ?? true);
    const file = hostsOf(dir, name);
    const now = await readFile(file, 'utf8');
    const next = isNamed ? `${base}${(now.match(agentsBlock) ?? []).join('')}` : inner;
    if (next !== now) await writeFile(file, next);
  }
}

/** What an agent has written into its machine's file. */
const agentsBlock = /^# BEGIN hawser:[\s\S]*?^# END hawser:.*\n/gm;

function namesIn({ stations }: Underlay, model: Model): string {
  const named = model.network.dns !== undefined;
  const lines = stations
    .filter(({ kind }) => !named || kind === 'pod')
    .flatMap((station: Station) =>
      addressesOf(model, station).map((address) => `${address}\t${station.name}\n`),
    );
  return `${lines.join('')}${named ? exportNames(model).content : ''}`;
}
