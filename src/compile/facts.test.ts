import { expect, test } from 'vitest';
import { parseFacts, writeFacts } from './facts.ts';
import { emptyFacts } from './inputs.ts';

const facts = {
  ...emptyFacts,
  keys: { b: { '0': 'B' }, a: { '0': 'A' } },
  adopted: { 'adopted-1': true },
};

test('facts come back as they were written, beside those of other networks', () => {
  const first = writeFacts(undefined, 'one', facts);
  const both = writeFacts(first, 'two', emptyFacts);
  expect(parseFacts(both, 'one')).toEqual(facts);
  expect(parseFacts(both, 'three')).toEqual(emptyFacts);
  expect(both.indexOf('"a"')).toBeLessThan(both.indexOf('"b"'));
});

test.each([
  ['no JSON', '{'],
  ['another shape', '{"format":1,"networks":{"x":{}}}'],
  ['a later format', '{"format":2,"networks":{}}'],
])('a file that is %s is refused, not taken as empty', (_, text) => {
  expect(() => parseFacts(text, 'x')).toThrow(/is no facts file/);
});
