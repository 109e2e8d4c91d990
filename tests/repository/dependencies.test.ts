import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { repositoryRoot } from '../support/checkout.ts';

const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8');

const npmPackages: Readonly<Record<string, string>> = {
  ...packageFile.dependencies,
  ...packageFile.devDependencies,
  ...packageFile.optionalDependencies,
};

const debianPackages = read('scripts/packages.txt')
  .split('\n')
  .filter((line) => /^\w/.test(line))
  .map((line) => line.split(/\s+/)[1] ?? '');

/** The names in code style in the first column of a table, and in the sentence on the local Nodes. */
const documented = read('docs/dependencies.md')
  .split('\n')
  .filter((line) => line.startsWith('| `') || line.startsWith('`node-'))
  .flatMap(
    (line) => (line.startsWith('|') ? (line.split('|')[1] ?? '') : line).match(/`[^`]+`/g) ?? [],
  )
  .map((name) => name.slice(1, -1));

describe('dependencies', () => {
  test('each is explained in docs/dependencies.md, and nothing else is', () => {
    const used = [...Object.keys(npmPackages), ...debianPackages];
    expect(new Set(documented)).toEqual(new Set(used));
  });

  test('each is pinned to one version', () => {
    for (const version of Object.values(npmPackages)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('the lock file names no registry', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });
});
