import { expect, test } from 'vitest';
import { pageOf } from './attempt.ts';
import { newSealKey, seal, unseal } from './seal.ts';

test('a login leads to a page of the dashboard and nowhere else', () => {
  for (const page of ['/n/net', '/n/net/file?x=1', '/n/net/trace?from=a&to=b&port=tcp%2F22'])
    expect(pageOf(page)).toBe(page);
  for (const page of [
    ...[
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      '/n//evil.example',
      '/n/',
      '/',
    ],
    ...['/n/../..//evil', '/n/net\r\nset-cookie: x', '/v1/session', `/n/${'x'.repeat(500)}`],
    ...[undefined, ['/n/net'], 7],
  ])
    expect(pageOf(page), String(page)).toBe('/');
});

test('what is sealed opens with its key, for its use, and unchanged', () => {
  const [key, other] = [newSealKey(), newSealKey()];
  const sealed = seal(key, 'attempt', { state: 'x' });
  expect(sealed).toMatch(/^[\w-]+$/);
  expect(unseal(key, 'attempt', sealed)).toEqual({ state: 'x' });
  expect(unseal(key, 'failure', sealed)).toBe(undefined);
  expect(unseal(other, 'attempt', sealed)).toBe(undefined);
  for (const at of [0, 14, 30, sealed.length - 2]) {
    const bytes = Buffer.from(sealed, 'base64url');
    const place = at % bytes.length;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    expect(unseal(key, 'attempt', bytes.toString('base64url'))).toBe(undefined);
  }
  for (const text of ['', 'x', 'x'.repeat(37)])
    expect(unseal(key, 'attempt', text)).toBe(undefined);
});
