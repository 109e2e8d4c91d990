import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import packageFile from '../package.json' with { type: 'json' };
import { addProgram, type ProgramInit } from './program.ts';
import { Tree } from './tree.ts';

export interface ArchiveInit extends Omit<ProgramInit, 'prefix'> {
  /** An empty folder to build in. */
  readonly work: string;
  readonly out: string;
  /** The time of all files, seconds since 1970. */
  readonly time: number;
  /** Larger archives, made in seconds: for tests. */
  readonly quick: boolean;
}

/** What runs Node, and the programs that the agent calls. */
const depends = [
  ...['libc6 (>= 2.28)', 'libatomic1', 'libgcc-s1', 'libstdc++6'],
  ...['wireguard-tools', 'iproute2', 'nftables', 'iputils-ping', 'fping', 'conntrack'],
  'perl-base',
];

const controlFile = (architecture: string, kibibytes: number): string =>
  `Package: hawser
Version: ${packageFile.version}
Architecture: ${architecture}
Maintainer: The Hawser developers
Installed-Size: ${kibibytes}
Depends: ${depends.join(', ')}
Recommends: wireguard-go, dnsmasq-base
Suggests: bash-completion
Section: net
Priority: optional
Description: ${packageFile.description}
 One YAML file says what the network should be; the server hands each machine
 its part, and the agent keeps the machine so. Brings its own Node.js along.
`;

const checksums = (tree: Tree): string =>
  tree
    .files()
    .filter((path) => !path.startsWith('DEBIAN/'))
    .map((path) => `${createHash('md5').update(tree.read(path)).digest('hex')}  ${path}\n`)
    .join('');

/** Builds `hawser_<version>_<architecture>.deb`; gives its path. */
export function debianPackage(init: ArchiveInit): string {
  const { root, architecture, work, out, time, quick } = init;
  addProgram(new Tree(join(work, 'deb/usr')), { ...init, prefix: '/usr' });
  const tree = new Tree(join(work, 'deb'));
  const kibibytes = Math.ceil(tree.size() / 1024);
  tree.write('DEBIAN/md5sums', checksums(tree));
  tree.write('DEBIAN/control', controlFile(architecture, kibibytes));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    tree.copy(join(root, 'packaging/debian', script), `DEBIAN/${script}`, 0o755);
  }
  tree.settle(time);
  const file = join(out, `hawser_${packageFile.version}_${architecture}.deb`);
  const compression = quick ? ['-Zgzip', '-z1'] : ['-Zxz', '-z3'];
  execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', tree.path, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(time) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return file;
}
