import { globSync, readFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';

/** A TypeScript file of the repository; `path` is relative to its root, with slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** All TypeScript files of the repository at `root`, sorted by path. */
export function sourcesOf(root: string): readonly Source[] {
  return globSync('{src,tests,bench,scripts,packaging,web}/**/*.{ts,tsx}', { cwd: root })
    .filter((path) => !path.includes('node_modules'))
    .map((path) => ({
      path: path.split(sep).join('/'),
      text: readFileSync(join(root, path), 'utf8'),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Tests, and what only tests use. */
export const isTest = (path: string): boolean =>
  /\.test\.tsx?$/.test(path) ||
  path.startsWith('tests/') ||
  basename(path).startsWith('testing') ||
  path.includes('/testing/');

/** The text without comments, its lines where they were. */
export const withoutComments = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|\s)\/\/.*$/gm, '$1');

/** Each line that matches, as `path:line: what`. */
export function findLines(
  path: string,
  text: string,
  judge: (line: string) => string | undefined,
): readonly string[] {
  return text.split('\n').flatMap((line, index) => {
    const verdict = judge(line);
    return verdict === undefined ? [] : [`${path}:${index + 1}: ${verdict}`];
  });
}
