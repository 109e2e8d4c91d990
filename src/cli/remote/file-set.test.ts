import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { baseOf, keepBase } from './base.ts';
import { placedHere, readFileSet, writeFileSet } from './file-set.ts';

const head = 'version: 1\nnetwork: test\noverlay: 10.0.0.0/24\n';

describe('the files of a network', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-set-'));
  const at = (name: string): string => join(folder, name);
  beforeAll(() => {
    mkdirSync(at('net/sites'), { recursive: true });
    writeFileSync(at('net/net.yaml'), `${head}include: sites/*.yaml\n`);
    writeFileSync(at('net/sites/a.yaml'), 'members: { a: {} }\n');
    writeFileSync(at('outside.yaml'), 'members: { b: {} }\n');
    writeFileSync(at('net/bad.yaml'), `${head}include: ../outside.yaml\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('travel with what they include, by path from the first', () => {
    const { files, network } = readFileSet(at('net/net.yaml'));
    expect(network.members.map(({ name }) => name)).toEqual(['a']);
    expect(files.entry).toBe('net.yaml');
    expect(Object.keys(files.files).sort()).toEqual(['net.yaml', 'sites/a.yaml']);
  });

  test('do not reach above their folder, in either direction', () => {
    expect(() => readFileSet(at('net/bad.yaml'))).toThrow('outside');
    const evil = { entry: 'a.yaml', files: { 'a.yaml': '', '../evil.yaml': '' } };
    expect(() => writeFileSet(evil, at('copy/a.yaml'), true)).toThrow('outside');
  });

  test.each(['.bash_profile', '.ssh/authorized_keys', '.github/workflows/a.yaml', 'Makefile'])(
    'are not %s, whoever put that among them',
    (path) => {
      const evil = { entry: 'a.yaml', files: { 'a.yaml': '', [path]: 'evil' } };
      expect(() => writeFileSet(evil, at('home/a.yaml'), true)).toThrow(
        'no file that a network has',
      );
      expect(existsSync(at('home'))).toBe(false);
    },
  );

  test('are written as they were, under the name that is wanted', () => {
    const { files } = readFileSet(at('net/net.yaml'));
    expect(writeFileSet(files, at('copy/mine.yaml'), false)).toHaveLength(2);
    expect(readFileSync(at('copy/mine.yaml'), 'utf8')).toContain('include: sites/*.yaml');
    expect(readFileSet(at('copy/mine.yaml')).network.members).toHaveLength(1);
    expect(writeFileSet(files, at('copy/mine.yaml'), false)).toEqual([]);
  });

  test('do not go over what somebody edited, unless told to', () => {
    const { files } = readFileSet(at('net/net.yaml'));
    writeFileSet(files, at('edited/mine.yaml'), false);
    writeFileSync(at('edited/mine.yaml'), 'mine');
    expect(() => writeFileSet(files, at('edited/mine.yaml'), false)).toThrow('differs');
    expect(writeFileSet(files, at('edited/mine.yaml'), true)).toEqual([at('edited/mine.yaml')]);
  });

  test('are told about by their place here', () => {
    const place = { file: 'sites/a.yaml', line: 1, column: 2 };
    const found = { code: 'x/y', severity: 'error', message: '', fix: '', place } as const;
    expect(placedHere([found], 'net/net.yaml')[0]?.place?.file).toBe('net/sites/a.yaml');
    expect(placedHere([found], 'net.yaml')[0]?.place?.file).toBe('sites/a.yaml');
  });

  test('know which revision they were made from, for each network, and each file of a folder', () => {
    const file = at('net/net.yaml');
    expect(baseOf(file, 'test')).toBeUndefined();
    keepBase(file, 'test', { epoch: 'e', number: 3 });
    keepBase(file, 'other', { epoch: 'f', number: 1 });
    keepBase(at('net/mine.yaml'), 'test', { epoch: 'e', number: 4 });
    expect(baseOf(file, 'test')).toEqual({ epoch: 'e', number: 3 });
    expect(baseOf(at('net/mine.yaml'), 'test')).toEqual({ epoch: 'e', number: 4 });
    expect(baseOf(at('net/copy.yaml'), 'test')).toBeUndefined();
  });
});
