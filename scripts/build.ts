/**
 * Bundles the dashboard into `dist/web` and the CLI into `dist`: `hawser.mjs`, and in `dist/parts` what only some commands load. Each
 * file is renamed into place, the entry last, so that a running Hawser or a second build never sees
 * half of it; the entry's time is the moment the build began, so that an edit made meanwhile counts
 * as newer (see `bundle_fresh` in lib.sh).
 */
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type OutputFile } from 'esbuild';
import { buildWeb } from './build-web.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const parts = join(dist, 'parts');
const entry = join(dist, 'hawser.mjs');
/** Node's own, see src/main/compiled.ts. */
const compiled = join(dist, 'compiled');

/** Parts of older builds stay this long, in ms, for programs that began before: they load late. */
const keptFor = 24 * 3600 * 1000;

const began = new Date();
await mkdir(parts, { recursive: true });
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { hawser: 'src/main/cli.ts' },
  outdir: dist,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'parts/[name]-[hash]',
  write: false,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  logLevel: 'warning',
  banner: {
    // CommonJS dependencies ask for `require`, which ES modules do not have.
    js: "import { createRequire as hawserRequire } from 'node:module';\nconst require = hawserRequire(import.meta.url);",
  },
});

await buildWeb(root);

const isEntry = ({ path }: OutputFile): boolean => path === entry;
await Promise.all(outputFiles.filter((file) => !isEntry(file)).map(putPart));
await Promise.all(outputFiles.filter(isEntry).map((file) => put(file, began)));
await removeOldParts(new Set(outputFiles.map(({ path }) => basename(path))));
await rm(compiled, { recursive: true, force: true, maxRetries: 5 });
await mkdir(compiled, { recursive: true, mode: 0o700 });

/** A part's name tells its content. */
async function putPart(file: OutputFile): Promise<void> {
  if (existsSync(file.path)) await utimes(file.path, began, began);
  else await put(file, began);
}

async function put({ path, contents }: OutputFile, time: Date): Promise<void> {
  const unfinished = join(dist, `.${basename(path)}.${process.pid}`);
  await writeFile(unfinished, contents);
  await utimes(unfinished, time, time);
  await rename(unfinished, path);
}

async function removeOldParts(current: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(parts)) {
    const path = join(parts, name);
    if (current.has(name)) continue;
    // Another build may have removed it meanwhile.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found && found.mtimeMs < began.getTime() - keptFor) await rm(path, { force: true });
  }
}
