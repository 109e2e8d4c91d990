import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadNetwork } from '#spec';
import { diskReader } from './files.ts';

describe('files on the disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-files-'));
  beforeAll(() => {
    mkdirSync(join(folder, 'sites', 'old.yaml'), { recursive: true });
    const head = 'version: 1\nnetwork: test\noverlay: 10.0.0.0/24\n';
    writeFileSync(join(folder, 'hawser.yaml'), `${head}include: sites/*.yaml\n`);
    writeFileSync(join(folder, 'absolute.yaml'), `${head}include: ${folder}/sites/*.yaml\n`);
    writeFileSync(join(folder, 'sites', 'b.yaml'), 'sites: { b: {} }\n');
    writeFileSync(join(folder, 'sites', 'a.yaml'), 'sites: { a: {} }\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(['hawser.yaml', 'absolute.yaml'])('are joined as %s says', (name) => {
    const { network, diagnostics } = loadNetwork(join(folder, name), diskReader);
    expect(diagnostics).toEqual([]);
    expect(network?.sites.map((site) => [site.name, site.place.file])).toEqual([
      ['a', join(folder, 'sites', 'a.yaml')],
      ['b', join(folder, 'sites', 'b.yaml')],
    ]);
  });

  test('may be missing', () => {
    expect(diskReader.read(join(folder, 'missing.yaml'))).toBeUndefined();
    expect(diskReader.read(join(folder, 'hawser.yaml', 'inside'))).toBeUndefined();
    expect(diskReader.glob(join(folder, 'missing'), '*.yaml')).toEqual([]);
  });

  test('that cannot be read are no empty answer', () => {
    const { diagnostics } = loadNetwork(join(folder, 'sites'), diskReader);
    expect(diagnostics.map(({ code }) => code)).toEqual(['spec/file-unreadable']);
    expect(diagnostics[0]?.message).toContain('it is a folder');
  });

  test.each([
    ['in an older encoding', Buffer.from('# caf\xe9\n', 'latin1')],
    ['as PowerShell writes them', Buffer.from('\ufeffversion: 1', 'utf16le')],
  ])('%s are refused, not read as something else', (_name, bytes) => {
    const file = join(folder, 'strange.yaml');
    writeFileSync(file, bytes);
    expect(() => diskReader.read(file)).toThrow('it is no text in UTF-8');
  });

  test('that have no end are not read for ever', () => {
    expect(() => diskReader.read('/dev/zero')).toThrow('it has more than 67108864 bytes');
  });

  test('that are pipes are read where they are asked for, and refused where a file includes them', () => {
    const [pipe, file] = [join(folder, 'pipe'), join(folder, 'piped.yaml')];
    const head = 'version: 1\nnetwork: test\noverlay: 10.0.0.0/24\n';
    execFileSync('mkfifo', [pipe]);
    writeFileSync(file, `${head}include: pipe\n`);
    const writer = spawn('sh', ['-c', 'echo "sites: { c: {} }" > "$0"', pipe]);
    try {
      const { diagnostics } = loadNetwork(file, diskReader);
      expect(diagnostics.map(({ code }) => code)).toEqual(['spec/file-unreadable']);
      expect(diagnostics[0]?.message).toContain('it is no plain file');
      expect(diskReader.read(pipe)).toBe('sites: { c: {} }\n');
    } finally {
      writer.kill();
    }
  });
});
