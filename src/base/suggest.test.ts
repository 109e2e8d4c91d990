import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { didYouMean, editDistance, nearest } from './suggest.ts';

/** The definition of the distance, without a limit. */
function distance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [x, y] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return distance(x, y);
  return 1 + Math.min(distance(x, b), distance(a, y), distance(x, y));
}

const word = fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b', 'c') });

test('the edit distance is the number of letters to change, up to the limit', () => {
  fc.assert(
    fc.property(word, word, fc.nat(4), (a, b, limit) => {
      expect(editDistance(a, b, limit)).toBe(Math.min(distance(a, b), limit + 1));
    }),
  );
});

describe('a word that nobody knows', () => {
  test('is taken for the nearest known one', () => {
    expect(nearest('endpint', ['address', 'endpoint', 'port'])).toBe('endpoint');
    expect(nearest('adress', ['address'])).toBe('address');
    expect(nearest('alice', ['alice-laptop', 'bob-laptop'])).toBe('alice-laptop');
    expect(nearest('alice', ['alice-laptop', 'alice-phone'])).toBeUndefined();
    expect(nearest('zzz', ['address'])).toBeUndefined();
  });

  test('is answered with what there is, if none is near', () => {
    expect(didYouMean('gatway', ['gateway'], 'key')).toBe('Did you mean `gateway`?');
    expect(didYouMean('x', ['mesh', 'hub'], 'key')).toBe('Known: mesh, hub.');
    expect(didYouMean('x', [], 'site')).toBe('There is no site to choose from.');
    const many = Array.from({ length: 14 }, (_, index) => `name-${index}`);
    expect(didYouMean('x', many, 'site')).toMatch(/name-11 and 2 more\.$/);
  });
});
