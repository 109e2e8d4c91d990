import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Enrolments } from './enrolment.ts';
import { machineIdentity } from './identity.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-identity-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** SubjectPublicKeyInfo of Ed25519, without the key (RFC 8410). */
const header = Buffer.from('302a300506032b6570032100', 'hex');

test('an identity is born once, mode 0600, and proves itself by its public key', () => {
  const identity = machineIdentity(folder);
  expect(machineIdentity(folder).publicKey).toBe(identity.publicKey);
  expect(statSync(join(folder, 'identity.key')).mode & 0o777).toBe(0o600);
  const der = Buffer.concat([header, Buffer.from(identity.publicKey, 'base64')]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const signature = Buffer.from(identity.sign('hello'), 'base64');
  expect(verify(null, Buffer.from('hello'), key, signature)).toBe(true);
  expect(verify(null, Buffer.from('hallo'), key, signature)).toBe(false);
});

test('an identity that cannot be read is told, never replaced', () => {
  writeFileSync(join(folder, 'identity.key'), 'broken');
  const code = expect.objectContaining({ code: 'agent/no-identity' }) as Error;
  expect(() => machineIdentity(folder)).toThrow(code);
});

test('an enrolment is kept whole, closed to others, and forgotten with all beside it', () => {
  const enrolment = { network: 'net', machine: 'anna', servers: ['https://a:1'], authorities: [] };
  const enrolments = new Enrolments(join(folder, 'state'));
  expect(enrolments.networks()).toEqual([]);
  enrolments.put(enrolment);
  const file = join(folder, 'state', 'enrolled', 'net', 'enrolment.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(enrolments.find('net')).toEqual(enrolment);
  expect(enrolments.networks()).toEqual(['net']);
  writeFileSync(join(file, '..', 'confirmed.json'), '{}');
  enrolments.remove('net');
  expect(enrolments.networks()).toEqual([]);
  expect(enrolments.find('net')).toBeUndefined();
});

test('an enrolment that cannot be read is told by its file', () => {
  const enrolments = new Enrolments(folder);
  enrolments.put({ network: 'net', machine: 'anna', servers: ['https://a:1'], authorities: [] });
  writeFileSync(join(folder, 'enrolled', 'net', 'enrolment.json'), '{"network":"net"}');
  const code = expect.objectContaining({ code: 'agent/enrolment-unreadable' }) as Error;
  expect(() => enrolments.find('net')).toThrow(code);
});
