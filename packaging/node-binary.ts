import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, architectures } from './architectures.ts';
import { lockEntries } from './lock.ts';

/**
 * Unpacks a package's archive into `target`, if its bytes are those that the lock file names. Another
 * one is removed, so that the next build fetches it anew.
 */
export function unpackVerified(archive: string, integrity: string, target: string): void {
  const [algorithm = '', expected] = integrity.split(/-(.*)/s);
  const found = createHash(algorithm).update(readFileSync(archive)).digest('base64');
  if (found !== expected) {
    rmSync(archive);
    throw new Error(`${archive} was not what package-lock.json names (${integrity}); removed it`);
  }
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', target, '--strip-components=1']);
}

/**
 * The folder of the Node that runs on an architecture: what npm installed if that fits, else fetched
 * from npm's registry into `cache`.
 */
export function nodeFolder(root: string, architecture: Architecture, cache: string): string {
  const name = `node-linux-${architectures[architecture]}`;
  const installed = join(root, 'node_modules', name);
  if (existsSync(join(installed, 'bin/node'))) return installed;
  const { version = '', integrity = '' } = lockEntries[`node_modules/${name}`] ?? {};
  const unpacked = join(cache, `${name}-${version}`);
  if (existsSync(join(unpacked, 'package.json'))) return unpacked;
  mkdirSync(cache, { recursive: true });
  const archive = `${unpacked}.tgz`;
  if (!existsSync(archive)) {
    const argv = ['pack', '--silent', `${name}@${version}`, '--pack-destination', cache];
    execFileSync('npm', argv, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  // Under its name only when it is whole.
  const unfinished = `${unpacked}.${process.pid}`;
  unpackVerified(archive, integrity, unfinished);
  renameSync(unfinished, unpacked);
  return unpacked;
}
