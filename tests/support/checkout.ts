import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const repositoryRoot = join(import.meta.dirname, '../..');

/** What git would put into a clone of the checkout as it stands, paths relative to its root. */
function repositoryFiles(): readonly string[] {
  const argv = ['-c', 'safe.directory=*', 'ls-files', '-z', '-co', '--exclude-standard'];
  const listing = execFileSync('git', argv, { cwd: repositoryRoot, encoding: 'utf8' });
  return [...new Set(listing.split('\0'))].filter(
    (path) => path !== '' && existsSync(join(repositoryRoot, path)),
  );
}

/** Copies the checkout's own files, without dependencies and build results. */
export function copyCheckout(target: string): void {
  for (const path of repositoryFiles()) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(repositoryRoot, path), join(target, path), { preserveTimestamps: true });
  }
}

/** A copy of the checkout that uses this one's dependencies. */
export function workingCopy(target: string): void {
  copyCheckout(target);
  symlinkSync(join(repositoryRoot, 'node_modules'), join(target, 'node_modules'));
}

export function makeTemporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'hawser-test-'));
}
