import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Certificates } from './certificates.ts';
import { openStore } from './store/index.ts';

const log = pino({ level: 'silent' });

test('a certificate is renewed in time, by itself, and its pin stays', async () => {
  const data = mkdtempSync(join(tmpdir(), 'hawser-renewal-'));
  const store = await openStore({ data });
  let now = new Date('2026-01-01T00:00:00Z');
  const clock = (): Date => now;
  const certificates = await Certificates.open({
    store,
    names: ['127.0.0.1'],
    clock,
    log,
    files: undefined,
  });
  const renewed: string[] = [];
  certificates.follow(({ cert }) => void renewed.push(cert));
  const first = certificates.current;
  await certificates.renew();
  expect(renewed).toEqual([]);
  now = first.renewAt;
  await certificates.renew();
  expect(renewed).toEqual([certificates.current.cert]);
  expect(certificates.current.pin).toBe(first.pin);
  const until = (cert: string): Date => new X509Certificate(cert).validToDate;
  expect(until(certificates.current.cert) > until(first.cert)).toBe(true);
  certificates.close();
  await store.close();
  rmSync(data, { recursive: true, force: true });
});
