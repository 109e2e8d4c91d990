import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { unpackVerified } from '../../packaging/node-binary.ts';
import { makeTemporaryFolder, repositoryRoot, workingCopy } from '../support/checkout.ts';
import { architecture, buildPackages, damage, type Packages } from '../support/packages.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';

const read = (...argv: readonly string[]): string => {
  const [program = '', ...args] = argv;
  return execFileSync(program, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
};
const sumOf = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

suite('npm run package', { needs: ['dpkg'] }, () => {
  let folder: string;
  let built: Packages;

  /** A copy, so that nobody edits it meanwhile. */
  const checkout = (): string => join(folder, 'checkout');

  beforeAll(() => {
    folder = makeTemporaryFolder();
    workingCopy(checkout());
    cpSync(join(repositoryRoot, 'dist'), join(checkout(), 'dist'), { recursive: true });
    built = buildPackages(join(folder, 'packages'), checkout());
    execFileSync('tar', ['-xzf', built.archive, '-C', folder]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const unpacked = (...path: readonly string[]): string => join(folder, 'hawser', ...path);

  test('makes the same bytes of the same sources', () => {
    const umask = process.umask(0o077);
    const again = buildPackages(join(folder, 'again'), checkout());
    process.umask(umask);
    expect(sumOf(again.deb)).toBe(sumOf(built.deb));
    expect(sumOf(again.archive)).toBe(sumOf(built.archive));
  });

  test('makes a Debian package that says what it needs', () => {
    const field = (name: string): string => read('dpkg-deb', '--field', built.deb, name).trim();
    expect(field('Package')).toBe('hawser');
    expect(field('Version')).toBe(packageFile.version);
    expect(field('Architecture')).toBe(architecture);
    const depends = field('Depends').split(', ');
    const recommends = field('Recommends').split(', ');
    // Another program may do the work of these, or nobody asks for it.
    const optional = ['wireguard-go', 'dnsmasq-base'];
    expect(recommends).toEqual(optional);
    const light = readFileSync(join(repositoryRoot, 'scripts/packages.txt'), 'utf8');
    for (const [, name = ''] of light.matchAll(/^light +(\S+)/gm)) {
      expect(optional.includes(name) ? recommends : depends).toContain(name);
    }
  });

  test('gives all files to root, and nobody else the right to change them', () => {
    for (const line of read('dpkg-deb', '--contents', built.deb).trim().split('\n')) {
      expect(line).toMatch(/^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) root\/root /);
    }
  });

  test('makes an archive whose program runs where it was unpacked, and serves', async () => {
    const hawser = unpacked('bin/hawser');
    expect(read(hawser, '--version').trim()).toBe(packageFile.version);
    const example = unpacked('share/doc/hawser/examples/hybrid-cloud.yaml');
    expect(read(hawser, 'check', example)).toContain('sound: all 56 pairs proven');
    const fixed = ['--listen', '127.0.0.1:0', '--address', '127.0.0.1', '--no-join'];
    const env = { PATH: process.env['PATH'], HOME: folder };
    const server = spawn(hawser, ['server', '--data', join(folder, 'data'), ...fixed], { env });
    let said = '';
    server.stdout.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
    try {
      await until('it serves', () => said.includes('serving at https://127.0.0.1:'));
    } finally {
      server.kill();
    }
  });

  test('leaves out what no machine needs', () => {
    for (const path of ['lib/hawser/include', 'lib/hawser/npm', 'lib/hawser/node_modules/pg']) {
      expect(existsSync(unpacked(path))).toBe(false);
    }
    const addons = read('find', unpacked('lib/hawser'), '-name', '*.node').trim().split('\n');
    expect(addons).toHaveLength(1);
  });

  suite('makes units', { needs: ['systemd'] }, () => {
    test.each(['agent', 'server', 'upgrade'])('of the %s that systemd accepts', (name) => {
      const unit = `hawser-${name}.service`;
      const text = readFileSync(unpacked('lib/systemd/system', unit), 'utf8');
      const file = join(folder, unit);
      writeFileSync(file, text.replaceAll('/opt/hawser', unpacked()));
      const argv = ['verify', '--man=no', file];
      const { status, stdout, stderr } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' });
      expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
    });
  });

  test('takes no Node whose bytes are not those of the lock file', () => {
    const archive = join(folder, 'node.tgz');
    execFileSync('tar', ['-czf', archive, '-C', unpacked('share/doc/hawser'), 'examples']);
    const sum = createHash('sha512').update(readFileSync(archive)).digest('base64');
    unpackVerified(archive, `sha512-${sum}`, join(folder, 'whole'));
    damage(archive);
    const target = join(folder, 'other');
    expect(() => unpackVerified(archive, `sha512-${sum}`, target)).toThrow('package-lock.json');
    expect(existsSync(target)).toBe(false);
    expect(existsSync(archive)).toBe(false);
  });
});
