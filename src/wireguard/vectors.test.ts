import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HawserError } from '#base';
import { parseConfig } from './read.ts';

const folder = join(import.meta.dirname, '../../../shared/vectors/wireguard-android');

/** What each file of the WireGuard app for Android says in its name. */
const reasons: Readonly<Record<string, { code: string; line: number; column: number }>> = {
  'broken.conf': { code: 'wireguard/invalid-key', line: 2, column: 14 },
  'invalid-key.conf': { code: 'wireguard/invalid-key', line: 9, column: 13 },
  'invalid-number.conf': { code: 'wireguard/invalid-number', line: 8, column: 23 },
  'invalid-value.conf': { code: 'wireguard/invalid-value', line: 3, column: 17 },
  'missing-attribute.conf': { code: 'wireguard/missing-attribute', line: 5, column: 1 },
  'missing-section.conf': { code: 'wireguard/missing-section', line: 1, column: 1 },
  'syntax-error.conf': { code: 'wireguard/syntax-error', line: 7, column: 1 },
  'unknown-attribute.conf': { code: 'wireguard/unknown-attribute', line: 8, column: 1 },
  'unknown-section.conf': { code: 'wireguard/unknown-section', line: 5, column: 1 },
};

const read = (file: string) => parseConfig(readFileSync(join(folder, file), 'utf8'), file);

function failureOf(file: string): HawserError {
  try {
    read(file);
  } catch (error) {
    if (error instanceof HawserError) return error;
  }
  throw new Error(`${file} was read without an error of ours`);
}

describe('the vectors of the Android app', () => {
  test('are all known here', () => {
    expect(readdirSync(folder).sort()).toEqual([...Object.keys(reasons), 'working.conf'].sort());
  });

  test('working.conf is read', () => {
    const { interface: own, peers } = read('working.conf');
    expect(own.address.map(({ address, length }) => `${address}/${length}`)).toEqual([
      '192.0.2.2/32',
      '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128',
    ]);
    expect(own.dns).toEqual(['192.0.2.0']);
    expect(own.privateKey?.reveal()).toBe('TFlmmEUC7V7VtiDYLKsbP5rySTKLIZq1yn8lMqK83wo=');
    expect(peers).toHaveLength(1);
    expect(peers[0]).toMatchObject({
      publicKey: 'vBN7qyUTb5lJtWYJ8LhbPio1Z4RcyBPGnqFBGn6O6Qg=',
      endpoint: { host: '192.0.2.1', port: 51820 },
      keepalive: 0,
    });
    expect(peers[0]?.allowedIps.map(String)).toEqual(['0.0.0.0/0', '::/0']);
  });

  test.each(Object.entries(reasons))('%s fails with the reason in its name', (file, reason) => {
    const { code, line, column } = reason;
    const failure = failureOf(file);
    expect({ code: failure.code, place: failure.place }).toEqual({
      code,
      place: { file, line, column },
    });
    expect(failure.fix).not.toBe('');
  });
});
