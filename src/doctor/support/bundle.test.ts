import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeBundle } from './bundle.ts';
import type { Item } from './item.ts';

const item = (path: string, text: string | Error, keep: Item['keep'] = 'head'): Item => ({
  path,
  from: `the file ${path}`,
  keep,
  read: () => {
    if (text instanceof Error) throw text;
    return text;
  },
});

const now = new Date('2026-11-20T12:00:00Z');
const common = { leftOut: [], publicKeys: new Set<string>(), folder: 'bundle', now };

/** Unpacks an archive with tar(1). */
function unpacked(archive: Buffer): { read: (name: string) => string; names: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-bundle-'));
  try {
    execFileSync('tar', ['-xz', '-C', folder], { input: archive });
    const names = readdirSync(join(folder, 'bundle'), { recursive: true }) as string[];
    const files = names.filter((name) => statSync(join(folder, 'bundle', name)).isFile());
    const texts = new Map(
      files.map((name) => [name, readFileSync(join(folder, 'bundle', name), 'utf8')]),
    );
    return { names: files.sort(), read: (name) => texts.get(name) ?? '' };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a bundle', () => {
  test('is what tar unpacks, with an index of what is in it and what is not', async () => {
    const items = [
      item('a.txt', 'all of it\n'),
      item('b/c.txt', 'token=abc\n'),
      item('d.txt', new Error('not there')),
    ];
    const { archive } = await makeBundle({ ...common, items });
    const { names, read } = unpacked(archive);
    expect(names).toEqual(['a.txt', 'b/c.txt', 'index.txt']);
    expect(read('a.txt')).toBe('all of it\n');
    expect(read('index.txt')).toContain(
      'b/c.txt  (the file b/c.txt): 26 bytes; left out: 1 password',
    );
    expect(read('index.txt')).toContain('  the file d.txt: not there');
  });

  test('has bounds: the end of a log, the beginning of all else, and no more than fits', async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join('');
    const items = [
      item('log', lines, 'tail'),
      item('text', lines),
      item('more', 'x'.repeat(400)),
      item('small', 'y'),
    ];
    const { archive, leftOut } = await makeBundle({
      ...common,
      items,
      limits: { one: 500, all: 1400 },
    });
    const { names, read } = unpacked(archive);
    expect(names).toEqual(['index.txt', 'log', 'small', 'text']);
    expect(read('log')).toMatch(
      /^\[\.\.\. \d+ characters, .* the end\]\nline \d+\n(.|\n)*line 999\n$/,
    );
    expect(read('text')).toMatch(/^line 0\n(.|\n)*\n\[\.\.\. .* the beginning\]\n$/);
    expect(leftOut).toEqual([{ what: 'the file more', why: 'the bundle would be too large' }]);
  });

  test('may be without names, also in the names of its files', async () => {
    const names = { machine: [], network: ['home'], host: [], person: [], rule: [] };
    const items = [item('home-status.json', '{"network":"home"}')];
    const { archive } = await makeBundle({ ...common, items, names });
    const { read } = unpacked(archive);
    expect(read('network-1-status.json')).toBe('{\n  "network": "network-1"\n}\n');
    expect(read('index.txt')).not.toContain('home');
  });
});
