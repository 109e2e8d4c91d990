import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entriesIn, networksIn, shadowed, withBlock, withoutBlock } from './hosts-file.ts';

const mark = 'hawser:net:hosts';
const file = '/etc/hosts';
const put = (text: string | undefined, entries: readonly Entry[], of = mark) =>
  withBlock(text, of, entries, file);

interface Entry {
  readonly address: string;
  readonly names: readonly string[];
}

const entries: fc.Arbitrary<readonly Entry[]> = fc.uniqueArray(
  fc.record({
    address: fc.oneof(fc.ipV4(), fc.ipV6()),
    names: fc.array(fc.domain(), { minLength: 1, maxLength: 3 }),
  }),
  { selector: ({ address }) => address, minLength: 1, maxLength: 5 },
);

/** Anything but a mark of ours: other people’s bytes, line ends and comments. */
const foreign = fc
  .array(
    fc.oneof(
      fc.constantFrom('127.0.0.1 localhost', '# BEGIN other', '', '\r', '\xe9 \xff', '::1 a # b'),
      fc.string({ unit: 'binary' }).map((text) => text.replace(/[^\0-\xff]/g, '?')),
    ),
  )
  .map((lines) => lines.join('\n'))
  .filter((text) => !text.includes('hawser:'));

describe('the block of a network in a hosts file', () => {
  test('is read as it was written, whatever was there, and leaves it byte for byte', () => {
    const property = fc.property(fc.option(foreign, { nil: undefined }), entries, (text, own) => {
      const written = put(text, own) ?? '';
      expect(entriesIn(written, mark)).toEqual(own);
      expect(networksIn(written)).toEqual(['net']);
      expect(withoutBlock(written, mark, file)).toBe(text);
    });
    fc.assert(property);
  });

  test('changes in its place, beside those of other networks and what comes after', () => {
    const property = fc.property(foreign, entries, entries, foreign, (text, first, next, after) => {
      const other = put(put(text, first), first, 'hawser:other:hosts');
      const once = `${other}${after}`;
      const twice = put(once, next) ?? '';
      expect(entriesIn(twice, mark)).toEqual(next);
      expect(entriesIn(twice, 'hawser:other:hosts')).toEqual(first);
      expect(put(twice, first)).toBe(once);
      expect(withoutBlock(twice, mark, file)).toBe(withoutBlock(once, mark, file));
    });
    fc.assert(property);
  });

  const own = [{ address: '10.0.0.2', names: ['vpn.net.internal', 'vpn'] }];

  test('is known to be another one with a line that somebody wrote into it', () => {
    const text = put('', own)?.replace('# END', '10.0.0.9 intruder\n# END') ?? '';
    expect(entriesIn(text, mark)).toContainEqual({ address: '10.0.0.9', names: ['intruder'] });
  });

  test('is left to a person where half of it is gone', () => {
    const text = put('127.0.0.1 localhost\n', own) ?? '';
    for (const half of [text.replace(/# END.*\n/, ''), text.replace(/# BEGIN.*\n/, '')]) {
      expect(() => put(half, own)).toThrow(
        expect.objectContaining({ code: 'host/hosts-file-damaged' }),
      );
      expect(() => withoutBlock(half, mark, file)).toThrow('without the other');
    }
  });

  test('tells names that the machine’s own lines have for another address', () => {
    const text = put('192.168.9.9 vpn # old\n10.0.0.2 vpn.net.internal\n#1.2.3.4 vpn', own) ?? '';
    expect(shadowed(text, mark, own)).toEqual([{ name: 'vpn', address: '192.168.9.9' }]);
  });
});
