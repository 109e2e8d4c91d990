/**
 * What a suite may need beyond an ordinary machine, in one table. Programs and their packages come
 * from scripts/packages.txt, the list that the set-up scripts read.
 */

import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, globSync, openSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Why a need is not met, and what would change that; undefined when it is met. */
export interface Unmet {
  readonly reason: string;
  readonly remedy: string;
}
type Probe = () => Unmet | undefined;

const packagesFile = join(import.meta.dirname, '../../scripts/packages.txt');

interface Package {
  /** Program or file. */
  readonly program: string;
  /** As dpkg names it; absent: for all. */
  readonly architecture?: string;
}

/** Packages by name, from the lines `set[/architecture] package program [kernel:module]`. */
function listedPackages(): ReadonlyMap<string, Package> {
  const lines = readFileSync(packagesFile, 'utf8').split('\n');
  const words = lines.filter((line) => /^\w/.test(line)).map((line) => line.split(/\s+/));
  return new Map(
    words.map(([set = '', name = '', program = '']) => {
      const [, architecture] = set.split('/');
      return [name, { program, ...(architecture !== undefined && { architecture }) }];
    }),
  );
}

/** What dpkg calls the architecture that Node names so. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether a program is there, on the PATH or among the system's own, or a file (a pattern will do). */
export function hasProgram(program: string): boolean {
  if (program.startsWith('/')) return globSync(program).length > 0;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => isExecutable(join(folder, program)));
}

const packages = (...names: readonly string[]): Probe => {
  return () => {
    const listed = listedPackages();
    const isForHere = (name: string): boolean =>
      [undefined, architectures[process.arch]].includes(listed.get(name)?.architecture);
    const missing = names
      .filter(isForHere)
      .filter((name) => !hasProgram(listed.get(name)?.program ?? name));
    if (missing.length === 0) return undefined;
    return {
      reason: `not installed: ${missing.join(', ')}`,
      remedy: 'scripts/install-test-packages',
    };
  };
};

/** True root, not the root of a user namespace, whose map names fewer ids than there are. */
const root: Probe = () => {
  const [, , count] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
  if (process.geteuid?.() === 0 && Number(count) === 2 ** 32 - 1) return undefined;
  return { reason: 'not root', remedy: 'sudo npm test' };
};

const netns: Probe = () => {
  if (spawnSync('unshare', ['-nm', 'true']).status === 0) return undefined;
  return {
    reason: 'this machine lets nobody but root make network namespaces',
    remedy: 'sudo npm test',
  };
};

const tun: Probe = () => {
  try {
    closeSync(openSync('/dev/net/tun', 'r+'));
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { reason: `no TUN device: ${reason}`, remedy: 'sudo npm test' };
  }
};

/** Where control groups of the second version are mounted. */
export const unifiedGroups = (): string | undefined => {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1];
};

const cgroups: Probe = () => {
  const path = unifiedGroups();
  if (path !== undefined && isWritable(path)) return undefined;
  return { reason: 'control groups cannot be made here', remedy: 'sudo npm test, on a machine' };
};

/** It refuses to run as root, and the root of a user namespace has nobody else to run it as. */
const postgresql: Probe = () =>
  packages('postgresql')() ?? (process.geteuid?.() === 0 ? root() : undefined);

const table = {
  root,
  cgroups,
  netns,
  tun,
  dpkg: packages('dpkg'),
  busybox: packages('busybox-static'),
  dhclient: packages('isc-dhcp-client'),
  procps: packages('procps'),
  fping: packages('fping'),
  iperf3: packages('iperf3'),
  tcpdump: packages('tcpdump'),
  networkmanager: packages('network-manager', 'dbus'),
  systemd: packages('systemd'),
  netplan: packages('netplan.io'),
  sshd: packages('openssh-server', 'sudo'),
  debootstrap: packages('debootstrap'),
  qemu: packages(
    ...['qemu-system-x86', 'linux-image-amd64', 'qemu-system-arm', 'linux-image-arm64'],
    'busybox-static',
  ),
  postgresql,
  chromium: packages('chromium'),
  faketime: packages('faketime'),
  prometheus: packages('prometheus'),
  shellcheck: packages('shellcheck'),
} satisfies Readonly<Record<string, Probe>>;

export type Need = keyof typeof table;

/** The first of these needs that is not met here. */
export function firstUnmet(needs: readonly Need[]): Unmet | undefined {
  for (const need of needs) {
    const unmet = table[need]();
    if (unmet) return unmet;
  }
  return undefined;
}
