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

/** `/assets/x.js` in the page, and `import './x.js'` in a script. */
const webReference = /\/assets\/([\w.-]+)"|["']\.\/([\w-]+\.js)["']/g;

/** The files of the dashboard, likewise: the page and all that it can load. */
export function webFiles(folder: string): readonly string[] {
  const found = new Set(['index.html']);
  for (const name of found) {
    const text = readFileSync(join(folder, name), 'utf8');
    for (const [, asset, part] of text.matchAll(webReference)) found.add(asset ?? part ?? '');
  }
  return [...found].sort();
}
