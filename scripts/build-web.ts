/**
 * Bundles the dashboard into `dist/web`, which `hawser server` serves: scripts and style sheets whose names tell their
 * content, and the one page that names them. The page comes last, so that it never names what is not there.
 */
import { statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const page = (script: string, style: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Hawser</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/assets/${style}" />
    <script type="module" src="/assets/${script}"></script>
  </head>
  <body>
    <div id="app"></div>
    <noscript>The dashboard needs JavaScript; <code>hawser status</code> does not.</noscript>
  </body>
</html>
`;

/** Files of older builds stay this long, in ms, for pages and servers that began before. */
const keptFor = 24 * 3600 * 1000;

export async function buildWeb(root: string): Promise<void> {
  const out = join(root, 'dist/web');
  await mkdir(out, { recursive: true });
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { main: 'web/main.tsx' },
    tsconfig: 'web/tsconfig.json',
    outdir: out,
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[hash]',
    write: false,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
  });
  const put = async (name: string, contents: Uint8Array | string): Promise<void> => {
    const unfinished = join(out, `.${name}.${process.pid}`);
    await writeFile(unfinished, contents);
    await rename(unfinished, join(out, name));
  };
  const names = outputFiles.map(({ path }) => basename(path));
  for (const { path, contents } of outputFiles) await put(basename(path), contents);
  const [script = '', style = ''] = ['.js', '.css'].map((end) =>
    names.find((name) => name.startsWith('main-') && name.endsWith(end)),
  );
  await put('index.html', page(script, style));
  await removeOld(out, new Set([...names, 'index.html']));
}

async function removeOld(folder: string, current: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (current.has(name)) continue;
    // Another build may have put its file in place meanwhile.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found && found.mtimeMs < Date.now() - keptFor) await rm(path, { force: true });
  }
}
