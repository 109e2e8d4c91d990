import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines } from '../../web/data/diff.ts';

const short = (before: string, after: string): string =>
  diffLines(before, after)
    .map(({ kind, text }) => `${{ same: ' ', gone: '-', new: '+' }[kind]}${text}`)
    .join('|');

test('a changed line is one that goes and one that comes', () => {
  expect(short('a\nb\nc', 'a\nx\nc')).toBe(' a|-b|+x| c');
  expect(short('a\nc', 'a\nb\nc')).toBe(' a|+b| c');
  expect(short('', 'a')).toBe('-|+a');
});

test('what stays and comes is the text after, what stays and goes the one before', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', '')).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after);
      const without = (kind: string): string =>
        lines
          .filter((line) => line.kind !== kind)
          .map((line) => line.text)
          .join('\n');
      expect(without('gone')).toBe(after);
      expect(without('new')).toBe(before);
    }),
  );
});
