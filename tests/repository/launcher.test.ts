import { execFile } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTemporaryFolder, workingCopy } from '../support/checkout.ts';

const run = promisify(execFile);

/** A folder whose npm fails: with all dependencies present nobody may call it. */
function withoutNpm(folder: string): string {
  const programs = join(folder, '.cache/programs');
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, 'npm'), '#!/bin/sh\necho npm was called >&2\nexit 1\n');
  chmodSync(join(programs, 'npm'), 0o755);
  return programs;
}

/** ./hawser in a copy of this repository, where every package and dependency is present. */
describe('./hawser', () => {
  let copy: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(() => {
    copy = makeTemporaryFolder();
    workingCopy(copy);
    env = { ...process.env, PATH: `${withoutNpm(copy)}:${process.env['PATH'] ?? ''}` };
  });
  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
  });

  const hawser = (...args: readonly string[]) => run(join(copy, 'hawser'), args, { env, cwd: '/' });
  const builtAt = (): number => statSync(join(copy, 'dist/hawser.mjs')).mtimeMs;

  test('builds what is missing and runs it, from any folder', async () => {
    const { stdout, stderr } = await hawser('--version');
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(stderr).toBe('');
  });

  test('its npm runs no script of a package: a bare machine has no compiler', async () => {
    const { stdout } = await run('npm', ['config', 'get', 'ignore-scripts'], { cwd: copy });
    expect(stdout).toBe('true\n');
  });

  test('builds again only when a source is newer', async () => {
    await hawser('--version');
    const first = builtAt();
    await hawser('--version');
    expect(builtAt()).toBe(first);

    const now = new Date();
    utimesSync(join(copy, 'src/main/cli.ts'), now, now);
    await hawser('--version');
    expect(builtAt()).toBeGreaterThan(first);
  });

  test('builds again when a source was removed', async () => {
    writeFileSync(join(copy, 'src/ip/passing.ts'), 'export {};\n');
    await hawser('--version');
    const first = builtAt();
    rmSync(join(copy, 'src/ip/passing.ts'));
    await hawser('--version');
    expect(builtAt()).toBeGreaterThan(first);
  });

  test('never runs half a bundle: many started at once on a stale one all succeed', async () => {
    rmSync(join(copy, 'dist'), { recursive: true });
    const ended = await Promise.all(Array.from({ length: 6 }, () => hawser('--version')));
    expect(new Set(ended.map(({ stdout }) => stdout)).size).toBe(1);
  });

  test('keeps what Node compiled of the bundle until that is built anew', async () => {
    const compiled = (): readonly string[] =>
      readdirSync(join(copy, 'dist/compiled'), { recursive: true, encoding: 'utf8' }).sort();
    await hawser('--version');
    const kept = compiled();
    expect(kept.length).toBeGreaterThan(2);
    await hawser('--version');
    expect(compiled()).toEqual(kept);

    const uncached = { ...env, NODE_DISABLE_COMPILE_CACHE: '1' };
    rmSync(join(copy, 'dist/hawser.mjs'));
    await run(join(copy, 'hawser'), ['--version'], { env: uncached });
    expect(compiled()).toEqual([]);
  });

  test('keeps nothing compiled where others may write', async () => {
    const folder = join(copy, 'dist/compiled');
    await hawser('--version');
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    chmodSync(folder, 0o720);
    await hawser('--version');
    expect(readdirSync(folder)).toEqual([]);
    chmodSync(folder, 0o700);
    await hawser('--version');
    expect(readdirSync(folder)).not.toEqual([]);
  });

  test('runs where it is linked to', async () => {
    await run('ln', ['-s', join(copy, 'hawser'), join(copy, '.cache/linked')]);
    const { stdout } = await run(join(copy, '.cache/linked'), ['--version'], { env });
    expect(stdout).toMatch(/^\d/);
  });

  test('an entry point under an older Node says so and stops with 2', async () => {
    await hawser('--version');
    const older = 'Object.defineProperty(process.versions, "node", { value: "20.20.2" })';
    const argv = ['--import', `data:text/javascript,${older}`, join(copy, 'dist/hawser.mjs')];
    const ended = await run(process.execPath, argv).catch((error: unknown) => error);
    expect(ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Node.js 20.20.2 is too old, 24 is needed') as string,
    });
  });

  test('stops with 2 when the build fails, and says so on stderr only', async () => {
    writeFileSync(join(copy, 'src/main/cli.ts'), 'export const {\n');
    const ended = await hawser('--version').catch((error: unknown) => error);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended).toMatchObject({ stderr: expect.stringContaining('the build in') as string });
  });
});
