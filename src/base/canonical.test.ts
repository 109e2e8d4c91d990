import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical.ts';

test('members are sorted by UTF-16 code unit, at every depth, and without white space', () => {
  const value = { b: [{ z: 1, y: null }, true], a: { d: '', c: false }, B: -1, '10': 0, '9': 0 };
  expect(canonicalJson(value)).toBe(
    '{"10":0,"9":0,"B":-1,"a":{"c":false,"d":""},"b":[{"y":null,"z":1},true]}',
  );
});

test('a name beyond the basic plane sorts by its surrogates, not by its code point', () => {
  const value = {
    '\u20ac': 'euro',
    '\r': 'return',
    '\ufb33': 'dalet',
    '1': 'one',
    '\u{1f600}': 'smile',
    '\u0080': 'control',
    '\u00f6': 'umlaut',
  };
  expect(Object.values(JSON.parse(canonicalJson(value)) as object)).toContain('smile');
  expect(canonicalJson(value)).toBe(
    '{"\\r":"return","1":"one","\u0080":"control","\u00f6":"umlaut","\u20ac":"euro",' +
      '"\u{1f600}":"smile","\ufb33":"dalet"}',
  );
});

test.each([
  [0, '0'],
  [-0, '0'],
  [4.5, '4.5'],
  [2e-3, '0.002'],
  [1e-7, '1e-7'],
  [1e21, '1e+21'],
  [1e20, '100000000000000000000'],
  [333333333.3333333, '333333333.3333333'],
  [Number.MIN_VALUE, '5e-324'],
  [Number.MAX_SAFE_INTEGER, '9007199254740991'],
])('the number %d is written %s', (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test('only quotes, backslashes and control characters are escaped, in the shortest form', () => {
  expect(canonicalJson('\u20ac$\u000f\nA\'B"\\/\u007f')).toBe(
    '"\u20ac$\\u000f\\nA\'B\\"\\\\/\u007f"',
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  '%d has no JSON form, at any depth',
  (value) => {
    expect(() => canonicalJson({ a: [value] })).toThrow(TypeError);
  },
);

test('members without a value are left out, items without one become null', () => {
  expect(canonicalJson({ b: undefined, a: [undefined, 1] })).toBe('{"a":[null,1]}');
  expect(canonicalJson(undefined)).toBe('null');
});

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, shuffled(member)]),
  );
};

test('the same value gives the same bytes, whatever the order of its members', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(shuffled(value))).toBe(text);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(JSON.stringify(JSON.parse(text))).toHaveLength(text.length);
    }),
  );
});
