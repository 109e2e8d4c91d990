import fc from 'fast-check';
import { expect, test } from 'vitest';
import { merge, mergeFiles } from '../../web/data/merge.ts';

const texts = fc.array(fc.constantFrom('a', 'b', 'c', 'd')).map((lines) => lines.join('\n'));

test('what two changed at different places is both there', () => {
  const base = 'one\ntwo\nthree\nfour\nfive';
  const merged = merge(base, base.replace('one', 'ONE'), base.replace('five', 'FIVE\nsix'));
  expect(merged).toEqual({ text: 'ONE\ntwo\nthree\nfour\nFIVE\nsix', clashes: 0 });
});

test('what two changed at one place is there twice, between marks', () => {
  expect(merge('a\nb\nc', 'a\nmine\nc', 'a\ntheirs\nc')).toEqual({
    text: 'a\n<<<<<<< mine\nmine\n=======\ntheirs\n>>>>>>> theirs\nc',
    clashes: 1,
  });
});

test('who changed nothing takes nothing away, and two alike are one', () => {
  fc.assert(
    fc.property(texts, texts, (base, other) => {
      expect(merge(base, base, other)).toEqual({ text: other, clashes: 0 });
      expect(merge(base, other, base)).toEqual({ text: other, clashes: 0 });
      expect(merge(base, other, other)).toEqual({ text: other, clashes: 0 });
    }),
  );
});

test('no line that somebody wrote is lost', () => {
  const written = fc.array(fc.constantFrom('a', 'b', 'MINE', 'x')).map((all) => all.join('\n'));
  fc.assert(
    fc.property(texts, written, texts, (base, mine, theirs) => {
      const lines = merge(base, mine, theirs).text.split('\n');
      const count = (of: readonly string[], what: string) =>
        of.filter((one) => one === what).length;
      expect(count(lines, 'MINE')).toBe(count(mine.split('\n'), 'MINE'));
    }),
  );
});

test('a file that one took out stays out, unless the other changed it', () => {
  const base = { a: '1', b: '2' };
  expect(mergeFiles(base, { a: '1' }, base).files).toEqual({ a: '1' });
  expect(mergeFiles(base, { a: '1' }, { a: '1', b: '3' }).files).toEqual({ a: '1', b: '3' });
  expect(mergeFiles(base, { ...base, c: '3' }, base).files).toEqual({ ...base, c: '3' });
});
