import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '#base';
import { formatToken, parseToken, roles } from './token.ts';

const token = {
  role: 'join',
  servers: ['https://203.0.113.10:7443'],
  pin: 'x'.repeat(43),
  network: 'home',
  secret: new Secret('0123456789abcdef0123'),
} as const;

describe('a token', () => {
  test('says again what it was made from', () => {
    const hosts = fc.webAuthority().map((host) => `https://${host}`);
    const secrets = fc.string({
      unit: fc.constantFrom('a', 'Z', '0', '9', '-', '_'),
      minLength: 16,
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...roles),
        fc.array(hosts, { minLength: 1 }),
        secrets,
        (role, servers, secret) => {
          const read = parseToken(formatToken({ role, servers, secret: new Secret(secret) }));
          expect(read).toMatchObject({ role, servers });
          expect(read.secret.reveal()).toBe(secret);
        },
      ),
    );
  });

  test.each([
    ['', 'begin with'],
    ['hawser-root-abc', 'begin with'],
    [formatToken(token).slice(0, -9), 'missing or changed'],
    ['hawser-join-e30', 'missing or changed'],
    [formatToken({ ...token, network: '../../etc/x' }), 'missing or changed'],
    [
      formatToken({ ...token, secret: new Secret('0123456789abcdef\r\nx: y') }),
      'missing or changed',
    ],
  ])('%j is refused', (text, why) => {
    expect(() => parseToken(text)).toThrow(why);
  });

  test('does not show its secret by accident', () => {
    expect(JSON.stringify(parseToken(formatToken(token)))).not.toContain('0123456789');
  });
});
