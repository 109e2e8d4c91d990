import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical.ts';
import { Secret } from './secret.ts';

const value = 'c2VjcmV0IGtleSBvZiBhIHR1bm5lbA==';
const secret = new Secret(value);

test.each([
  ['a template', `${secret}`],
  ['a concatenation', `key ${String(secret)}`],
  ['JSON', JSON.stringify({ key: secret })],
  ['canonical JSON', canonicalJson({ key: secret })],
  ['console.log', format('%s %o %O %j', secret, secret, secret, secret)],
  ['inspection in depth', inspect({ deep: [secret] }, { depth: null, showHidden: true })],
  ['its own members', Object.values(secret).join(',')],
  ['a copy', JSON.stringify(Object.assign({}, secret))],
])('a secret does not reach %s', (_where, text) => {
  expect(text).not.toContain(value);
});

test('a secret prints as ***', () => {
  expect(`${secret}`).toBe('***');
  expect(inspect(secret)).toBe('***');
  expect(JSON.stringify([secret])).toBe('["***"]');
});

test('a secret is revealed where it is asked for', () => {
  expect(secret.reveal()).toBe(value);
});
