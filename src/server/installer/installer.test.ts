import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PackageFolder } from './packages.ts';
import { installerScript } from './script.ts';

describe('the packages that a server hands out', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hawser-packages-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (...names: readonly string[]): void => {
    for (const name of names) writeFileSync(join(folder, name), name);
  };
  const named = async (): Promise<readonly string[]> =>
    (await new PackageFolder(folder).list()).map(({ name }) => name);

  test('are those of the newest version, for every architecture', async () => {
    put('hawser_0.9.0_amd64.deb', 'hawser_0.10.0_amd64.deb', 'hawser_0.10.0_linux-arm64.tar.gz');
    expect(await named()).toEqual(['hawser_0.10.0_amd64.deb', 'hawser_0.10.0_linux-arm64.tar.gz']);
  });

  test('are nothing else that lies in the folder', async () => {
    put(
      'hawser.db',
      'hawser_1.deb',
      'hawser_1.0_amd64.deb.part',
      'notes.txt',
      'hawser_$(id)_amd64.deb',
    );
    const packages = new PackageFolder(folder);
    expect(await packages.list()).toEqual([]);
    expect(await packages.some()).toBe(false);
    expect(await packages.find('hawser.db')).toBeUndefined();
  });

  test('are none where there is no folder', async () => {
    expect(await new PackageFolder(join(folder, 'missing')).list()).toEqual([]);
    expect(await new PackageFolder(undefined).some()).toBe(false);
  });

  test('are named with the sum of what lies there now', async () => {
    const packages = new PackageFolder(folder);
    put('hawser_1.0_amd64.deb');
    const [before] = await packages.list();
    writeFileSync(join(folder, 'hawser_1.0_amd64.deb'), 'another');
    const [after] = await packages.list();
    expect(after?.sha256).not.toBe(before?.sha256);
  });

  test('are never named in a script with anything that a shell would run', () => {
    const servers = ["https://a'; id; '"];
    const init = { servers, pin: undefined, packages: [] };
    expect(() => installerScript(init)).toThrow('not fit for a shell script');
  });
});
