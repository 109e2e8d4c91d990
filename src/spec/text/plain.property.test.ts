import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { plainValue } from './plain.ts';

const digits = fc.string({ maxLength: 4, unit: fc.constantFrom('0', '1', '8', '9') });
const numeric = fc
  .array(fc.constantFrom('-', '+', '.', '0x', '0o', 'e', 'E', '1', '07', 'ff', '_', ':', '.inf'), {
    maxLength: 4,
  })
  .chain((parts) => digits.map((some) => parts.join(some)));
const words = fc.constantFrom(
  ...['null', 'Null', 'NULL', 'nULL', '~', '~~', 'true', 'True', 'TRUE', 'tRue', 'false', 'FALSE'],
  ...[
    'yes',
    'on',
    'off',
    '.nan',
    '.NaN',
    '.Nan',
    '.INF',
    '-.inf',
    '+.Inf',
    '-',
    '+',
    '.',
    'nil',
    '',
  ],
);

/** Texts that YAML takes as one plain scalar. */
const isPlain = (text: string): boolean =>
  /^$|^[^-:?#]|^-[^ ]/.test(text) && !/[:]$|^\s|\s$/.test(text);

test('a plain text means what the YAML library says', () => {
  fc.assert(
    fc.property(fc.oneof(words, numeric, digits), (text) => {
      fc.pre(isPlain(text));
      const { k } = parse(`k: ${text}\n`, { version: '1.2' }) as { k: unknown };
      expect(plainValue(text)).toEqual(k);
    }),
    { numRuns: 2000 },
  );
});
