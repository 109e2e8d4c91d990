import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeFileSets, mergeTexts } from './merge.ts';

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
const old = lines('version: 1', 'overlay: 10.0.0.0/24', 'members:', '  a: {}');

describe('two people who change one file', () => {
  test('both get their changes where those lie apart', () => {
    const theirs = old.replace('version: 1\n', 'version: 1 # theirs\n');
    const mine = old.replace('a: {}', 'a: { tags: [x] }');
    expect(mergeTexts(old, theirs, mine)).toBe(
      lines('version: 1 # theirs', 'overlay: 10.0.0.0/24', 'members:', '  a: { tags: [x] }'),
    );
  });

  test('may add members at the same place', () => {
    const [theirs, mine] = [`${old}  b: {}\n`, `${old}  c: {}\n`];
    expect(mergeTexts(old, theirs, mine)).toBe(`${old}  b: {}\n  c: {}\n`);
  });

  test('may have made the same change', () => {
    const both = old.replace('/24', '/16');
    expect(mergeTexts(old, both, `${both}  c: {}\n`)).toBe(`${both}  c: {}\n`);
  });

  test('must agree about one line', () => {
    const [theirs, mine] = [old.replace('/24', '/16'), old.replace('/24', '/20')];
    expect(mergeTexts(old, theirs, mine)).toBeUndefined();
    expect(mergeTexts(old, old.replace('  a: {}\n', ''), old.replace('a:', 'b:'))).toBeUndefined();
  });

  test('lose nothing when only one of them changed anything', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '  x'), { minLength: 1, maxLength: 12 })
      .map((all) => lines(...all));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(mergeTexts(before, after, before)).toBe(after);
        expect(mergeTexts(before, before, after)).toBe(after);
        expect(mergeTexts(before, after, after)).toBe(after);
      }),
    );
  });

  test('may add and take away files, unless the other edits them', () => {
    const set = (files: Record<string, string>) => ({ entry: 'n.yaml', files });
    const before = set({ 'n.yaml': old, 'sites/a.yaml': 'a\n' });
    const theirs = set({ 'n.yaml': old, 'sites/a.yaml': 'a\n', 'sites/b.yaml': 'b\n' });
    const mine = set({ 'n.yaml': `${old}  c: {}\n` });
    expect(mergeFileSets(before, theirs, mine)).toEqual(
      set({ 'n.yaml': `${old}  c: {}\n`, 'sites/b.yaml': 'b\n' }),
    );
    const edited = set({ 'n.yaml': old, 'sites/a.yaml': 'edited\n' });
    expect(() => mergeFileSets(before, edited, mine)).toThrow('sites/a.yaml');
  });
});
