import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/checkout.ts';

const list = `# set package program instead
light        everywhere  nowhere
light        here        sh
light        instead     nowhere     /bin/sh
heavy        other-set   nowhere
light/amd64  image-amd64 nowhere
light/arm64  image-arm64 nowhere
`;

/** The set-up scripts on a machine whose dpkg names its architecture so. */
describe('the packages that are missing', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hawser-packages-'));
    mkdirSync(join(folder, 'scripts'));
    writeFileSync(join(folder, 'scripts/packages.txt'), list);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function missingOn(dpkg: string): string {
    writeFileSync(join(folder, 'dpkg'), `#!/bin/sh\n${dpkg}\n`);
    chmodSync(join(folder, 'dpkg'), 0o755);
    const script = `root=${folder}; . ${join(repositoryRoot, 'scripts/lib.sh')}; missing_packages light`;
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    return execFileSync('sh', ['-euc', script], { env, encoding: 'utf8' }).trim();
  }

  test.each(['amd64', 'arm64'])('on %s are those for all, and those for it', (architecture) => {
    expect(missingOn(`echo ${architecture}`)).toBe(`everywhere image-${architecture}`);
  });

  test('where nothing is built for the architecture are those for all', () => {
    expect(missingOn('echo riscv64')).toBe('everywhere');
    expect(missingOn('exit 1')).toBe('everywhere');
  });
});
