import { expect, test } from 'vitest';
import { fnv1a, shortHash } from './hash.ts';

test.each([
  ['', '811c9dc5'],
  ['a', 'e40c292c'],
  ['foobar', 'bf9cf968'],
])('the FNV-1a hash of "%s" is %s', (text, hash) => {
  expect(shortHash(text)).toBe(hash);
  expect(fnv1a(text)).toBe(Number.parseInt(hash, 16));
  expect(fnv1a(text.slice(2), fnv1a(text.slice(0, 2)))).toBe(fnv1a(text));
});
