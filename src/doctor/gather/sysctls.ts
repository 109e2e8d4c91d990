import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { forwardingKeys } from '../checks/forwarding.ts';
import type { SysctlLine } from '../facts.ts';
import type { Gathering } from './gathering.ts';

function valueOf(path: string): string | undefined {
  const file = join('/proc/sys', path);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** What decides about forwarding and reverse paths of the devices that there are. */
export async function gatherSysctls(gathering: Gathering): Promise<ReadonlyMap<string, string>> {
  const [networks, devices] = await Promise.all([
    gathering.get('networks'),
    gathering.get('devices'),
  ]);
  const forwarding = networks.flatMap(({ view }) =>
    [...view.forwarding.values()].flatMap(({ device, family }) => forwardingKeys(device, family)),
  );
  const filters = ['all', ...devices.map(({ name }) => name)].flatMap((name) =>
    ['rp_filter', 'src_valid_mark'].map((key) => `net/ipv4/conf/${name}/${key}`),
  );
  return new Map(
    [...new Set([...forwarding, ...filters])].flatMap((path) => {
      const value = valueOf(path);
      return value === undefined ? [] : [[path, value] as const];
    }),
  );
}

/** Of sysctl.d(5): a file of an earlier folder takes the place of one of the same name. */
const folders = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d'];
const lastFile = '/etc/sysctl.conf';

function filesInOrder(): readonly string[] {
  const byName = new Map<string, string>();
  for (const folder of folders.filter((one) => existsSync(one))) {
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.conf'))) {
      if (!byName.has(name)) byName.set(name, join(folder, name));
    }
  }
  const sorted = [...byName.values()].sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
  return existsSync(lastFile) ? [...sorted, lastFile] : sorted;
}

interface Setting extends SysctlLine {
  readonly key: string;
  readonly value: string;
}

/** Settings that switch forwarding for more than one device, or for one by name. */
const ofForwarding = /^net\.(?:ipv4\.ip_forward|ipv[46]\.conf\.(?!default\.)[^.]+\.forwarding)$/;

/** The last word of each setting of forwarding, as far as it is off. */
export function readSysctlFiles(
  files: readonly (readonly [path: string, text: string])[],
): readonly SysctlLine[] {
  const last = new Map<string, Setting>();
  for (const [file, text] of files) {
    for (const [index, raw] of text.split('\n').entries()) {
      const [, name = '', value = ''] = /^\s*-?([^#;\s=]+)\s*=\s*(\S+)\s*$/.exec(raw) ?? [];
      const key = name.replaceAll('/', '.');
      if (ofForwarding.test(key)) {
        last.set(key, { file, line: index + 1, text: raw.trim(), key, value });
      }
    }
  }
  return [...last.values()]
    .filter(({ value }) => value === '0')
    .map(({ file, line, text }) => ({ file, line, text }));
}

export const gatherSysctlLines = async (): Promise<readonly SysctlLine[]> =>
  readSysctlFiles(filesInOrder().map((file) => [file, readFileSync(file, 'utf8')] as const));
