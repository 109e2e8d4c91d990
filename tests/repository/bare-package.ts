import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { streamOf } from '../server/stream.ts';
import { type Machine, type Running, serve, settled, statusAt, World } from '../server/world.ts';
import type { BareRoot, Ended } from '../support/bare-root.ts';
import { architecture, buildPackages } from '../support/packages.ts';
import { until } from '../support/until.ts';

/** Makes a machine whose file system is the bare root; it sees nothing else of this one. */
function moveInto(root: string, machine: Machine): void {
  for (const folder of ['dev', 'sys']) machine.do(`mount --rbind /${folder} ${root}/${folder}`);
  machine.do(`mount -t proc proc ${root}/proc`);
  machine.do(`mount -t tmpfs tmpfs ${root}/run`);
}

/** The story of Hawser's package on a Debian that has what it depends on, curl, and no Node. */
export function packageStory(rootOf: () => BareRoot): void {
  const name = `hawser_${packageFile.version}_${architecture}.deb`;
  const file = (path: string): string => join(rootOf().path, path);
  const typed = (...argv: readonly string[]): Ended => rootOf().run('root', argv);
  const must = (...argv: readonly string[]): string => {
    const { status, stdout, stderr } = typed(...argv);
    expect(status, stdout + stderr).toBe(0);
    return stdout;
  };

  test('the package installs, and runs without any other Node', () => {
    must('rm', '-f', '/usr/bin/node', '/usr/bin/nodejs');
    must('apt-get', 'install', '-q', '-y', '--no-install-recommends', 'curl');
    const { deb } = buildPackages(file('srv/packages'));
    must('dpkg', '--install', `/srv/packages/${basename(deb)}`);
    expect(typed('node', '--version').status).not.toBe(0);
    expect(must('hawser', '--version').trim()).toBe(packageFile.version);
    const example = '/usr/share/doc/hawser/examples/hybrid-cloud.yaml';
    expect(must('hawser', 'check', example)).toContain('sound: all 56 pairs proven');
    expect(must('dpkg', '--verify', 'hawser')).toBe('');
  });

  test('removed, it leaves keys and states; purged, nothing', () => {
    const key = must('hawser', 'agent', 'key', '--network', 'home');
    must('dpkg', '--remove', 'hawser');
    expect(existsSync(file('usr/lib/hawser'))).toBe(false);
    must('dpkg', '--install', `/srv/packages/${name}`);
    expect(must('hawser', 'agent', 'key', '--network', 'home')).toBe(key);
    must('dpkg', '--purge', 'hawser');
    const left = must('find', '/usr', '/etc', '/var', '/run', '-xdev', '-name', '*hawser*');
    expect(left).toBe('');
  });

  test('the line that a server prints makes it a member; an upgrade and a removal lose no packet', async () => {
    const world = await World.open();
    let program: Running | undefined;
    try {
      const hub = await world.machine('hub');
      const bare = await world.machine('bare');
      ({ program } = await serve(hub, '--packages', file('srv/packages')));
      moveInto(rootOf().path, bare);
      const inside = (...argv: readonly string[]): string =>
        bare.box.run([
          'chroot',
          rootOf().path,
          'env',
          '-i',
          'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
          ...argv,
        ]);
      const line = hub
        .must('token', 'create', '--join')
        .split('\n')
        .find((one) => one.startsWith('curl '));
      inside('sh', '-c', line ?? '');
      const status = await settled(hub, 'hub', 'bare');
      const address = status.machines.find((machine) => machine.name === 'hub')?.overlay[0];
      const hubAddress = (address ?? '').replace(/\/\d+$/, '');

      const stream = streamOf(bare, hubAddress);
      inside('dpkg', '--install', `/srv/packages/${name}`);
      inside('dpkg', '--remove', 'hawser');
      await until('the agent is gone', () =>
        statusAt(hub).machines.some(({ name, connected }) => name === 'bare' && !connected),
      );
      const { answered, lost } = await stream.end();
      expect(answered).toBeGreaterThan(20);
      expect(lost).toBe(0);

      inside('dpkg', '--purge', 'hawser');
      expect(inside('ip', '-br', 'link')).not.toContain('hw-home');
      expect(inside('nft', 'list', 'tables')).toBe('');
      expect(inside('find', '/usr', '/etc', '/var', '/run', '-name', '*hawser*')).toBe('');
    } finally {
      await program?.end('SIGKILL');
      await world.close();
    }
  });
}
