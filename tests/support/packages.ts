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
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
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

export interface Other {
  readonly version: string;
  /** Makes another program of it, file by file. */
  readonly spoil?: (text: string, name: string) => string;
}

/** The same program as a package of another version, in a folder; gives its path. */
export function otherDeb(deb: string, { version, spoil }: Other, folder: string): string {
  const tree = mkdtempSync(join(folder, 'deb-'));
  execFileSync('dpkg-deb', ['--raw-extract', deb, tree]);
  restamp(join(tree, 'usr/lib/hawser'), version, spoil);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(
    control,
    readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${version}`),
  );
  const file = join(folder, basename(deb).replace(/_[^_]+_/, `_${version}_`));
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, file]);
  rmSync(tree, { recursive: true });
  return file;
}

/** The same program as an archive of another version, beside the folder of the one it is made from. */
export function otherArchive(archive: string, { version, spoil }: Other): string {
  const tree = mkdtempSync(join(tmpdir(), 'hawser-other-'));
  try {
    execFileSync('tar', ['-xzf', archive, '-C', tree]);
    restamp(join(tree, 'hawser/lib/hawser'), version, spoil);
    const tar = execFileSync('tar', ['-c', '-C', tree, 'hawser'], { maxBuffer: 1 << 29 });
    const file = archive.replace(packageFile.version, version);
    writeFileSync(file, gzipSync(tar, { level: 0 }));
    return file;
  } finally {
    rmSync(tree, { recursive: true });
  }
}

/** Changes the version that the program in a folder says it is. */
export function restamp(
  folder: string,
  version: string,
  spoil = (text: string, _: string) => text,
): void {
  for (const path of globSync(join(folder, '{,parts/}*.mjs'))) {
    const text = readFileSync(path, 'utf8');
    const stamped = text.replaceAll(stamp(packageFile.version), stamp(version));
    writeFileSync(path, spoil(stamped, basename(path)));
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
