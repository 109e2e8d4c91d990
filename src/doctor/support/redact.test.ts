import { describe, expect, test } from 'vitest';
import { redact, redactJson } from './redact.ts';

const key = `${'aB3'.repeat(14)}x=`;
const signed = `${'aB3'.repeat(13)}+gk/=`;
const secret = 'Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZkdISUpLTE1OT1A';
const join = `hawser-join-eyJzIjpbImh0dHBzOi8vMTkyLjAuMi4xIl0sImsiOiJ4In0`;

const clean = (text: string, ...known: readonly string[]): string =>
  redact(text, new Set(known)).text;

describe('a secret is left out, wherever it stands:', () => {
  test.each([
    ['a token', `joined by ${join} today`, 'joined by hawser-join-[token left out] today'],
    ['a part of a token', `x ${join.slice(12)} y`, 'x [token left out] y'],
    ['a header', 'Authorization: Bearer abcdef123456', 'Authorization: [header left out]'],
    [
      'a header in JSON',
      '{"authorization":"Bearer abc","x":1}',
      '{"authorization":[header left out],"x":1}',
    ],
    ['a cookie', 'set-cookie: session=1; path=/', 'set-cookie: [header left out]'],
    ['a bearer', 'curl -H "X: Bearer abcdef123456"', 'curl -H "X: Bearer [token left out]"'],
    ['a password', 'password=hunter2', 'password=[password left out]'],
    [
      'a passphrase of words',
      'passphrase: correct horse battery\nnext: 1',
      'passphrase: [password left out]\nnext: 1',
    ],
    ['a variable', 'HAWSER_PASSPHRASE=correct horse', 'HAWSER_PASSPHRASE=[password left out]'],
    ['JSON', '{"token": "abc", "n": 1}', '{"token": [password left out], "n": 1}'],
    [
      'the user of a URL',
      'postgres://u:pw@192.0.2.1/db',
      'postgres://u:[password left out]@192.0.2.1/db',
    ],
    ['a WireGuard file', `PrivateKey = ${key}`, 'PrivateKey = [password left out]'],
    ['a key', `secret of ${key}.`, 'secret of [key left out].'],
    ['a key in a dump', `hw-net\t${key}\t51820`, 'hw-net\t[key left out]\t51820'],
    ['a random word', `k ${secret}`, 'k [long word left out]'],
    [
      'a PEM',
      'a\n-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\nb',
      'a\n[private key left out]\nb',
    ],
    ['a PEM that was cut off', '-----BEGIN EC PRIVATE KEY-----\nMC4', '[private key left out]'],
  ])('%s', (_, text, wanted) => {
    expect(clean(text)).toBe(wanted);
  });
});

describe('what is none stays:', () => {
  test.each([
    ['a public key', `peer: ${key}`],
    ['a public key with signs in it', `peer: ${signed}`],
    ['a reference', '"presharedKey":{"id":"home/psk","version":1}'],
    ['what wg hides', '  private key: (hidden)\n  preshared key: (hidden)'],
    ['a hash', `hash ${'0123456789abcdef'.repeat(4)}`],
    ['an id', 'epoch 0f8fad5b-d9cb-469f-a165-70867728950e'],
    ['a path', 'at /opt/Hawser/dist/parts/chunk-W5WPD3FJABCDEFGHIJKLMNOPQRSTUVWXYZ.mjs:1'],
    ['a name', 'hawser-agent.service and hawser-server'],
    ['words', 'the token of ben was revoked; tokens: 5'],
  ])('%s', (_, text) => {
    expect(clean(text, key, signed)).toBe(text);
  });
});

test('what was taken out is counted by its kind', () => {
  const { counts } = redact(`${join} ${join} ${key}\npassword=x`, new Set());
  expect(counts).toEqual({ token: 2, key: 1, password: 1 });
});

test('data stays data', () => {
  const data = {
    why: `password: "a b" ${join}`,
    token: 'abc',
    presharedKey: { id: 'home/psk', version: 1 },
    list: [`Bearer ${secret}`, key],
    files: { 'net.yaml': '# secret: x\nversion: 1\n' },
  };
  const { text, counts } = redactJson(JSON.stringify(data), new Set([key]));
  expect(JSON.parse(text)).toEqual({
    why: 'password: [password left out] hawser-join-[token left out]',
    token: '[password left out]',
    presharedKey: data.presharedKey,
    list: ['Bearer [token left out]', key],
    files: { 'net.yaml': '# secret: [password left out]\nversion: 1\n' },
  });
  expect(counts).toEqual({ password: 3, token: 2 });
  expect(redactJson(`{"token": "abc`, new Set()).text).toBe('{"token": [password left out]');
});
