import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './checkout.ts';

/** What dpkg calls the architecture that these tests run on. */
export const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

export interface Packages {
  readonly folder: string;
  readonly deb: string;
  readonly archive: string;
}

/** Builds the packages of this architecture from a checkout, as `npm run package` does, only larger. */
export function buildPackages(folder: string, checkout = repositoryRoot): Packages {
  mkdirSync(folder, { recursive: true });
  const build = join(checkout, 'packaging/build.ts');
  const argv = [build, '--quick', '--architecture', architecture, '--out', folder];
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1700000000' };
  execFileSync(process.execPath, argv, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const names = readdirSync(folder);
  const named = (end: string): string => {
    const name = names.find((one) => one.endsWith(end));
    if (name === undefined) throw new Error(`no ${end} among ${names.join(', ')}`);
    return join(folder, name);
  };
  return { folder, deb: named('.deb'), archive: named('.tar.gz') };
}

/** Changes a few bytes in the middle of a file, as a broken disk or a bad mirror does. */
export function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes.write('damaged', bytes.length >> 1);
  writeFileSync(file, bytes);
}
