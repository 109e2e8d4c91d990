/**
 * npm run package: for each architecture a Debian package and an archive for other distributions, in
 * dist/packages. The same sources give the same bytes; SOURCE_DATE_EPOCH, else the last commit, gives
 * the time of all files. `-- --architecture amd64` builds for one, `--kind archive` one kind, `--quick`
 * compresses little.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type Architecture, architectures, isArchitecture } from './architectures.ts';
import { debianPackage } from './debian-package.ts';
import { tarball } from './tarball.ts';

const root = join(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    architecture: { type: 'string', multiple: true, default: Object.keys(architectures) },
    kind: { type: 'string', multiple: true, default: ['deb', 'archive'] },
    out: { type: 'string', default: join(root, 'dist/packages') },
    quick: { type: 'boolean', default: false },
  },
});

/** Seconds since 1970. */
function timeOfSources(): number {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given) return Number(given);
  const argv = ['-c', 'safe.directory=*', 'log', '-1', '--format=%ct'];
  return Number(execFileSync('git', argv, { cwd: root, encoding: 'utf8' }));
}

function buildFor(architecture: Architecture): void {
  const work = mkdtempSync(join(tmpdir(), 'hawser-package-'));
  const { out, quick, kind } = values;
  const cache = join(root, '.cache/packages');
  const init = { root, architecture, cache, work, out, time: timeOfSources(), quick };
  try {
    const files = [
      ...(kind.includes('deb') ? [debianPackage(init)] : []),
      ...(kind.includes('archive') ? [tarball(init)] : []),
    ];
    for (const file of files) {
      const megabytes = (statSync(file).size / 1e6).toFixed(0);
      console.log(`${relative(process.cwd(), file)}  ${megabytes} MB`);
    }
  } finally {
    rmSync(work, { recursive: true });
  }
}

mkdirSync(values.out, { recursive: true });
for (const architecture of values.architecture) {
  if (!isArchitecture(architecture)) throw new Error(`no such architecture: ${architecture}`);
  buildFor(architecture);
}
