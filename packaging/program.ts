import { execFileSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, architectures } from './architectures.ts';
import { bundleFiles, webFiles } from './bundle.ts';
import { lockEntries } from './lock.ts';
import { nodeFolder } from './node-binary.ts';
import type { Tree } from './tree.ts';

export interface ProgramInit {
  /** The checkout. */
  readonly root: string;
  readonly architecture: Architecture;
  /** Where a Node of another architecture is kept between builds. */
  readonly cache: string;
  /** Where the tree will lie on a machine. */
  readonly prefix: '/usr' | '/opt/hawser';
}

/** What the bundle may hold of others, and under which licences. */
function licensesOfOthers(root: string): string {
  const shipped = Object.entries(lockEntries).filter(
    ([path, { dev, optional }]) => path !== '' && !dev && !optional,
  );
  return shipped
    .map(([path, { version = '', license = 'see below' }]) => {
      const name = path.replace(/^.*node_modules\//, '');
      const file = readdirSync(join(root, path)).find((one) => /^licen[cs]e/i.test(one));
      const text = file === undefined ? '' : `\n${readFileSync(join(root, path, file), 'utf8')}`;
      return `${name} ${version}: ${license}\n${text}`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function addDocumentation(tree: Tree, root: string, node: string): void {
  const folder = 'share/doc/hawser';
  tree.copy(join(root, 'LICENSE'), `${folder}/copyright`);
  tree.copy(join(node, 'LICENSE'), `${folder}/LICENSE.node`);
  tree.write(`${folder}/LICENSE.others`, licensesOfOthers(root));
  tree.copy(join(root, 'README.md'), `${folder}/README.md`);
  const documents = globSync(['docs/**/*.{md,svg}', 'examples/*.yaml'], { cwd: root });
  for (const path of documents) tree.copy(join(root, path), `${folder}/${path}`);
}

/** The store's native part, where the bundle looks for it (`src/server/store/native.ts`). */
function addSqlite(tree: Tree, root: string, architecture: Architecture): void {
  const from = join(root, 'node_modules/better-sqlite3');
  const addon = `prebuilds/linux-${architectures[architecture]}.node`;
  for (const file of ['package.json', 'LICENSE', addon]) {
    tree.copy(join(from, file), `lib/hawser/node_modules/better-sqlite3/${file}`);
  }
}

/** Everything of Hawser that a machine needs, below a prefix: program, Node, units, completion, docs. */
export function addProgram(tree: Tree, init: ProgramInit): void {
  const { root, architecture, cache, prefix } = init;
  const dist = join(root, 'dist');
  const node = nodeFolder(root, architecture, cache);
  tree.copy(join(root, 'packaging/launcher'), 'bin/hawser', 0o755);
  tree.copy(join(node, 'bin/node'), 'lib/hawser/node', 0o755);
  for (const path of bundleFiles(dist)) tree.copy(join(dist, path), `lib/hawser/${path}`);
  for (const name of webFiles(join(dist, 'web'))) {
    tree.copy(join(dist, 'web', name), `lib/hawser/web/${name}`);
  }
  addSqlite(tree, root, architecture);
  for (const unit of ['agent', 'server', 'upgrade'].map((name) => `hawser-${name}.service`)) {
    const text = readFileSync(join(root, 'packaging/systemd', unit), 'utf8');
    tree.write(`lib/systemd/system/${unit}`, text.replaceAll('@prefix@', prefix));
  }
  const completion = execFileSync(process.execPath, [
    join(dist, 'hawser.mjs'),
    'completion',
    'bash',
  ]);
  tree.write('share/bash-completion/completions/hawser', String(completion));
  addDocumentation(tree, root, node);
}
