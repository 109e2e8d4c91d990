import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Network } from '#spec';
import { labErrors } from './errors.ts';
import { inside, type Keeper } from './keeper.ts';
import { run } from './run.ts';

/** Programs a lab runs, and the Debian package of each. */
const programs: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  nsenter: 'util-linux',
  ping: 'iputils-ping',
  setsid: 'util-linux',
  unshare: 'util-linux',
  wg: 'wireguard-tools',
};

/** Where ip and nft lie is not on the PATH of users on Debian. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

const searchPath = (): readonly string[] => {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, ...systemFolders.filter((folder) => !folders.includes(folder))];
};

/**
 * Puts the system's programs on this process's PATH and makes sure that all are there. Throws
 * `lab/missing-programs`.
 */
export function requirePrograms(): void {
  process.env['PATH'] = searchPath().join(delimiter);
  requireAll(programs);
}

/** Throws `lab/missing-programs`. */
export function requireAll(wanted: Readonly<Record<string, string>>): void {
  const missing = Object.keys(wanted).filter((name) => !isThere(name, searchPath()));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => wanted[name]))].join(' ');
  throw labErrors.error('lab/missing-programs', { programs: missing.join(', '), packages });
}

const isThere = (program: string, folders: readonly string[]): boolean =>
  folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Makes sure that gateways can answer for names, where they are to. Throws `lab/missing-programs`. */
export function requireResolver({ dns }: Network): void {
  if (dns) requireAll({ dnsmasq: 'dnsmasq-base' });
}

const tunDevice = '/dev/net/tun';

/**
 * Makes sure that WireGuard can run in a lab, by the kernel or as a program. Throws `lab/no-tun`,
 * `lab/missing-programs`.
 */
export async function requireWireguard(keeper: Keeper): Promise<void> {
  if (await kernelHasWireguard(keeper)) return;
  requireAll({ 'wireguard-go': 'wireguard-go' });
  try {
    closeSync(openSync(tunDevice, 'r+'));
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw labErrors.error('lab/no-tun', { device: tunDevice, reason }, { cause });
  }
}

/** Makes sure that ports can have tags, where they are to. Throws `lab/tagged`. */
export async function requireVlans(keeper: Keeper, { segments }: Network): Promise<void> {
  const [tagged] = segments.flatMap(({ name, sites }) =>
    sites.flatMap(({ site, vlan }) => (vlan === undefined ? [] : { segment: name, site, vlan })),
  );
  if (!tagged || (await kernelHasVlans(keeper))) return;
  throw labErrors.error('lab/tagged', tagged);
}

const probe = 'hawser-probe';

async function kernelHasWireguard(keeper: Keeper): Promise<boolean> {
  const link = [...inside(keeper), 'ip', 'link'];
  const { code } = await run([...link, 'add', probe, 'type', 'wireguard']);
  if (code === 0) await run([...link, 'del', probe]);
  return code === 0;
}

/** Tried on a device that can have tags, which the loopback cannot. */
async function kernelHasVlans(keeper: Keeper): Promise<boolean> {
  const link = [...inside(keeper), 'ip', 'link'];
  await run([...link, 'add', probe, 'type', 'veth', 'peer', 'name', `${probe}-2`]);
  const tagged = ['add', 'link', probe, 'name', `${probe}-1`, 'type', 'vlan', 'id', '1'];
  const { code } = await run([...link, ...tagged]);
  await run([...link, 'del', probe]);
  return code === 0;
}
