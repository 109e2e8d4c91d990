import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';

/** `from './x.mjs'` and `import('./x.mjs')` in what esbuild writes. */
const reference = /\b(?:from|import)\s*\(?\s*["'](\.{1,2}\/[\w./-]+\.mjs)["']/g;

/**
 * The files of the bundle in `dist`, relative to it, sorted: the entry and all that it can load. Parts of
 * older builds lie there too.
 */
export function bundleFiles(dist: string): readonly string[] {
  const found = new Set(['hawser.mjs']);
  for (const path of found) {
    const text = readFileSync(join(dist, path), 'utf8');
    for (const [, to = ''] of text.matchAll(reference)) {
      found.add(normalize(join(dirname(path), to)));
    }
  }
  return [...found].sort();
}
