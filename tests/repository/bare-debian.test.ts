import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BareRoot } from '../support/bare-root.ts';
import { copyCheckout, makeTemporaryFolder } from '../support/checkout.ts';
import { suite } from '../support/suite.ts';
import { packageStory } from './bare-package.ts';
import { systemdStory } from './bare-systemd.ts';

const minutes = 60_000;
const hawser = '/srv/hawser/hawser';

/** The story of a newcomer on a Debian with nothing in it; each test goes on from the one before. */
suite('a bare Debian', { needs: ['root', 'debootstrap', 'tun'] }, () => {
  let bare: BareRoot;

  beforeAll(() => {
    bare = BareRoot.make(makeTemporaryFolder());
    copyCheckout(join(bare.path, 'srv/hawser'));
    bare.run('root', ['chown', '-R', 'ann:ann', '/srv/hawser']);
  }, 5 * minutes);
  afterAll(() => {
    bare.remove();
  });

  test('without root: one command to type, and exit code 2', () => {
    const { status, stdout, stderr } = bare.run('ann', [hawser, '--version']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(
      /\n {2}su -c 'apt-get update && apt-get install -y --no-install-recommends .*wireguard-tools.*'\n$/,
    );
  });

  test('root at a terminal may say no, and nothing is installed', () => {
    const typescript = ['script', '-qec', `${hawser} --version`, '/dev/null'];
    const { status, stdout } = bare.run('root', typescript, 'n\n');
    expect(stdout).toContain('installing the Debian packages: npm ');
    expect(stdout).toContain('Go ahead? [Y/n]');
    expect(status).toBe(2);
    expect(bare.run('root', ['dpkg', '--status', 'npm']).status).toBe(1);
  });

  test(
    'root without a terminal: everything is installed, and belongs to the owner of the checkout',
    () => {
      const { status, stdout, stderr } = bare.run('root', [hawser, '--version']);
      expect(status, stderr).toBe(0);
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
      const strange = bare.run('root', ['find', '/srv/hawser', '!', '-user', 'ann']);
      expect(strange.stdout).toBe('');
    },
    15 * minutes,
  );

  test('from then on it installs nothing and is quick, for anybody', () => {
    for (const user of ['root', 'ann'] as const) {
      const { status, stdout, stderr, took } = bare.run(user, [hawser, '--version']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^\d/);
      expect(took).toBeLessThan(3000);
    }
  });

  test(
    'the first command of the README goes up there, and down again',
    () => {
      const up = bare.run('root', [hawser, 'lab', 'up', '/srv/hawser/examples/hybrid-cloud.yaml']);
      expect(up.status, up.stdout + up.stderr).toBe(0);
      expect(up.stdout).toContain('the network is what its file says');
      const down = bare.run('root', [hawser, 'lab', 'down']);
      expect(down.status, down.stderr).toBe(0);
      expect(bare.run('root', [hawser, 'lab', 'list', '--json']).stdout.trim()).toBe('[]');
    },
    5 * minutes,
  );

  test(
    'npm test runs there too, without root',
    () => {
      const argv = ['npm', '--prefix', '/srv/hawser', 'test', '--', 'src/ip/endpoint.test.ts'];
      const { status, stdout, stderr } = bare.run('ann', argv);
      expect(status, stdout + stderr).toBe(0);
      expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d+ passed, 0 failed, 0 skipped$/);
    },
    5 * minutes,
  );

  packageStory(() => bare);

  suite('with systemd in it', { needs: ['cgroups'] }, () => {
    systemdStory(() => bare);
  });
});
