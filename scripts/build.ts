/**
 * Bundles the CLI into `dist/hawser.mjs`. The file is renamed into place, so that a running Hawser
 * or a second build never sees half of it; its time is the moment the build began, so that an edit
 * made meanwhile counts as newer (see `bundle_fresh` in lib.sh).
 */
import { mkdir, rename, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const bundle = join(root, 'dist/hawser.mjs');
const unfinished = join(root, `dist/.hawser.${process.pid}.mjs`);

const began = new Date();
await mkdir(join(root, 'dist'), { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/main/cli.ts'],
  outfile: unfinished,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  logLevel: 'warning',
  banner: {
    // CommonJS dependencies ask for `require`, which ES modules do not have.
    js: "import { createRequire as hawserRequire } from 'node:module';\nconst require = hawserRequire(import.meta.url);",
  },
});
await utimes(unfinished, began, began);
await rename(unfinished, bundle);
