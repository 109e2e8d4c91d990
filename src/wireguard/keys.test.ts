import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '#base';
import { isKey, zeroKey } from './key-text.ts';
import { generateKeyPair, generatePresharedKey, publicKeyOf } from './keys.ts';

const wg = (argument: string, input = ''): string =>
  execFileSync('wg', [argument], { input, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });

describe('keys', () => {
  test('a generated pair is what wg makes of the same private key', () => {
    const { privateKey, publicKey } = generateKeyPair();
    expect(wg('pubkey', privateKey.reveal()).trim()).toBe(publicKey);
    expect(publicKeyOf(privateKey)).toBe(publicKey);
  });

  test('the public key of a key from wg genkey equals wg pubkey', () => {
    const privateKey = wg('genkey').trim();
    expect(publicKeyOf(new Secret(privateKey))).toBe(wg('pubkey', privateKey).trim());
  });

  test('no two pairs are alike', () => {
    const keys = Array.from({ length: 20 }, () => generateKeyPair().publicKey);
    expect(new Set(keys).size).toBe(20);
  });

  test('a private key prints as stars', () => {
    const { privateKey } = generateKeyPair();
    expect(inspect({ privateKey })).not.toContain(privateKey.reveal());
    expect(`${privateKey}${JSON.stringify(privateKey)}`).not.toContain(privateKey.reveal());
  });

  test('a preshared key is a key', () => {
    expect(isKey(generatePresharedKey().reveal())).toBe(true);
  });

  test('the error about a broken private key does not show it', () => {
    const broken = 'l0lth1s1sd3f1n1t3lybr0k3n=';
    expect(() => publicKeyOf(new Secret(broken))).toThrow('private key is not a WireGuard key');
    expect(() => publicKeyOf(new Secret(broken))).not.toThrow(broken);
  });
});

describe('isKey', () => {
  test.each([zeroKey, 'vBN7qyUTb5lJtWYJ8LhbPio1Z4RcyBPGnqFBGn6O6Qg='])('takes %s', (text) => {
    expect(isKey(text)).toBe(true);
  });

  test.each([
    ['too short', 'vBN7qyUTb5lJtWYJ8LhbPio1Z4RcyBPGnqFBGn6Og='],
    ['without padding', 'vBN7qyUTb5lJtWYJ8LhbPio1Z4RcyBPGnqFBGn6O6Qg'],
    ['with bits beyond the 32nd byte', 'vBN7qyUTb5lJtWYJ8LhbPio1Z4RcyBPGnqFBGn6O6Qh='],
    ['in the alphabet for URLs', 'vBN7qyUTb5lJtWYJ8LhbPio1Z4RcyBPGnqFBGn6O6_g='],
    ['with a line feed', 'vBN7qyUTb5lJtWYJ8LhbPio1Z4RcyBPGnqFBGn6O6Qg=\n'],
    ['of hexadecimal digits', '0'.repeat(64)],
  ])('refuses a key %s', (_, text) => {
    expect(isKey(text)).toBe(false);
  });
});
