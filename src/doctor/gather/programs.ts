import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { runProcess } from '#host';
import { programs } from '../checks/programs.ts';
import type { KernelAbilities, Programs } from '../facts.ts';

/** Where programs of the system lie, also where the PATH of a user does not say so. */
const folders = (): readonly string[] => [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
];

export function hasProgram(name: string): boolean {
  return folders().some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** ID and ID_LIKE of os-release(5). */
function distribution(): readonly string[] {
  const file = ['/etc/os-release', '/usr/lib/os-release'].find((path) => existsSync(path));
  const text = file === undefined ? '' : readFileSync(file, 'utf8');
  return [...text.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, value = '']) =>
    value.split(' '),
  );
}

const installers = {
  debian: 'apt-get install -y --no-install-recommends',
  fedora: 'dnf install -y',
  alpine: 'apk add',
  arch: 'pacman -S',
  suse: 'zypper install -y',
  other: 'install the package',
} as const satisfies Readonly<Record<Programs['family'], string>>;

const families: Readonly<Record<string, Programs['family']>> = {
  debian: 'debian',
  ubuntu: 'debian',
  fedora: 'fedora',
  rhel: 'fedora',
  centos: 'fedora',
  alpine: 'alpine',
  arch: 'arch',
  suse: 'suse',
  opensuse: 'suse',
};

export async function gatherPrograms(): Promise<Programs> {
  const names = [...programs.map(({ name }) => name), 'wireguard-go'];
  const there = new Set(names.filter(hasProgram));
  const family = distribution().flatMap((id) => families[id] ?? [])[0] ?? 'other';
  const said = there.has('wg') ? await runProcess(['wg', '--version']).catch(() => '') : '';
  const wg = said.split(' - ')[0]?.trim();
  return { there, family, install: installers[family], ...(wg && { wg }) };
}

/** Whether there is a module of that name, which the kernel would load when asked. */
async function canLoad(module: string): Promise<boolean> {
  if (!hasProgram('modprobe')) return false;
  return runProcess(['modprobe', '-n', '-q', module]).then(
    () => true,
    () => false,
  );
}

export async function gatherKernel(): Promise<KernelAbilities> {
  const wireguard = existsSync('/sys/module/wireguard')
    ? 'there'
    : (await canLoad('wireguard'))
      ? 'available'
      : 'absent';
  return { release: release(), wireguard, tun: existsSync('/dev/net/tun') };
}
