import { execFileSync } from 'node:child_process';
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import packageFile from '../../package.json' with { type: 'json' };
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
  build(folder, checkout);
  return { folder, deb: named(folder, '.deb'), archive: named(folder, '.tar.gz') };
}

/** The archive alone; gives its path. */
export function buildArchive(folder: string): string {
  build(folder, repositoryRoot, '--kind', 'archive');
  return named(folder, '.tar.gz');
}

function build(folder: string, checkout: string, ...flags: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const script = join(checkout, 'packaging/build.ts');
  const argv = [script, '--quick', '--architecture', architecture, '--out', folder, ...flags];
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1700000000' };
  execFileSync(process.execPath, argv, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** How the bundle says its version. */
const stamp = (version: string): string => `version: "${version}"`;

/** The same program as a package of another version, which it says it is; gives its path. */
export function newerDeb(deb: string, version: string): string {
  const tree = mkdtempSync(join(dirname(deb), 'deb-'));
  execFileSync('dpkg-deb', ['--raw-extract', deb, tree]);
  restamp(join(tree, 'usr/lib/hawser'), version);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(
    control,
    readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${version}`),
  );
  const file = deb.replace(packageFile.version, version);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, file]);
  rmSync(tree, { recursive: true });
  return file;
}

/** Changes the version that the program in a folder says it is. */
function restamp(folder: string, version: string): void {
  for (const path of globSync(join(folder, '{,parts/}*.mjs'))) {
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replaceAll(stamp(packageFile.version), stamp(version)));
  }
}

function named(folder: string, end: string): string {
  const names = readdirSync(folder);
  const name = names.find((one) => one.endsWith(end));
  if (name === undefined) throw new Error(`no ${end} among ${names.join(', ')}`);
  return join(folder, name);
}

/** Changes a few bytes in the middle of a file, as a broken disk or a bad mirror does. */
export function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes.write('damaged', bytes.length >> 1);
  writeFileSync(file, bytes);
}
