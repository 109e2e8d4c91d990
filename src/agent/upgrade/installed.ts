import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Install } from '#api';

/** How this very program was installed, and where. */
export interface Installed extends Install {
  /** What lies above its `bin` and `lib`. */
  readonly prefix: string;
}

/** What Debian calls the architectures that Node names so. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** dpkg knows the package. */
const dpkgList = '/var/lib/dpkg/info/hawser.list';

/**
 * Where a package or an archive put the program that runs, with a Node of its own beside it; undefined
 * for a checkout, which nobody but its owner changes.
 */
export function installedProgram(program = process.argv[1]): Installed | undefined {
  if (program === undefined || !existsSync(program)) return undefined;
  const lib = dirname(realpathSync(program));
  if (basename(lib) !== 'hawser' || !existsSync(join(lib, 'node'))) return undefined;
  const prefix = dirname(dirname(lib));
  const isDeb = prefix === '/usr' && existsSync(dpkgList);
  if (prefix === '/usr' && !isDeb) return undefined;
  const architecture = architectures[process.arch] ?? process.arch;
  return { kind: isDeb ? 'deb' : 'archive', architecture, prefix };
}
