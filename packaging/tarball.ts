import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import packageFile from '../package.json' with { type: 'json' };
import type { ArchiveInit } from './debian-package.ts';
import { addProgram } from './program.ts';
import { Tree } from './tree.ts';

/** Builds `hawser_<version>_linux-<architecture>.tar.gz`, whose one folder goes to `/opt/hawser`; gives its path. */
export function tarball(init: ArchiveInit): string {
  const { architecture, work, out, time, quick } = init;
  const tree = new Tree(join(work, 'tar/hawser'));
  addProgram(tree, { ...init, prefix: '/opt/hawser' });
  tree.settle(time);
  const file = join(out, `hawser_${packageFile.version}_linux-${architecture}.tar.gz`);
  const same = ['--sort=name', '--format=gnu', '--owner=0', '--group=0', '--numeric-owner'];
  const compress = ['-I', quick ? 'gzip -n1' : 'gzip -n6'];
  const from = ['-C', join(work, 'tar'), 'hawser'];
  execFileSync('tar', ['-c', ...same, `--mtime=@${time}`, ...compress, '-f', file, ...from]);
  return file;
}
