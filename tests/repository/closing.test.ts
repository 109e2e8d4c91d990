import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTemporaryFolder, workingCopy } from '../support/checkout.ts';

const head =
  "import { expect, test } from 'vitest';\nimport { suite } from './support/suite.ts';\n";
const passing = "test('passes', () => { expect(1).toBe(1); });\n";
const failing = "test('fails', () => { expect(1).toBe(2); });\n";
const needy =
  "suite('throughput', { needs: ['iperf3'] }, () => { test('is high', () => { throw new Error('ran'); }); });\n";
const broken = "import './nowhere.ts';\n";

/** How a test run ends, in a copy of this repository on a machine without iperf3. */
describe('the end of npm test', () => {
  let copy: string;

  beforeAll(() => {
    copy = makeTemporaryFolder();
    workingCopy(copy);
  });
  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
  });

  function run(text: string, { all = false, filter = 'tests/planted.test.ts' } = {}) {
    writeFileSync(join(copy, 'tests/planted.test.ts'), head + text);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--project=machines', filter],
      {
        cwd: copy,
        env: { PATH: '/nowhere', NO_COLOR: '1', HAWSER_TEST_ALL: all ? '1' : '0' },
        encoding: 'utf8',
      },
    );
    return { status, stdout, stderr, lastLine: stdout.trimEnd().split('\n').at(-1) };
  }

  test('counts what passed', () => {
    expect(run(passing)).toMatchObject({ status: 0, lastLine: '1 passed, 0 failed, 0 skipped' });
  });

  test('fails with a test that fails', () => {
    const end = run(passing + failing);
    expect(end).toMatchObject({ status: 1, lastLine: '1 passed, 1 failed, 0 skipped' });
  });

  test('fails with a file that does not load', () => {
    const end = run(passing + broken);
    expect(end).toMatchObject({ status: 1, lastLine: '0 passed, 1 failed, 0 skipped' });
  });

  test('lists a suite that cannot run here: its name, the reason, the remedy', () => {
    const end = run(passing + needy);
    expect(end).toMatchObject({ status: 0, lastLine: '1 passed, 0 failed, 1 skipped' });
    expect(end.stdout).toContain(
      [
        'Not run here:',
        '  tests/planted.test.ts > throughput',
        '    not installed: iperf3; to run it: scripts/install-test-packages',
      ].join('\n'),
    );
  });

  test('fails with a suite that cannot run, where everything must', () => {
    const end = run(passing + needy, { all: true });
    expect(end).toMatchObject({ status: 1, lastLine: '1 passed, 1 failed, 0 skipped' });
    expect(end.stderr).toContain('not installed: iperf3');
  });

  test('fails when no test ran', () => {
    const nothing = { status: 1, lastLine: '0 passed, 0 failed, 0 skipped' };
    expect(run(passing, { filter: 'tests/no-such.test.ts' })).toMatchObject(nothing);
    expect(run(needy)).toMatchObject({ status: 1, lastLine: '0 passed, 0 failed, 1 skipped' });
  });
});
