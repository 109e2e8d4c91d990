import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Certificates } from './certificates.ts';
import { openStore } from './store/index.ts';

const log = pino({ level: 'silent' });

const until = (cert: string): Date => new X509Certificate(cert).validToDate;
const from = (cert: string): Date => new X509Certificate(cert).validFromDate;

let now: Date;
let certificates: Certificates;
let close: () => Promise<void>;
beforeEach(async () => {
  const data = mkdtempSync(join(tmpdir(), 'hawser-renewal-'));
  const store = await openStore({ data });
  now = new Date('2026-01-01T00:00:00Z');
  const clock = (): Date => now;
  certificates = await Certificates.open({
    store,
    names: ['127.0.0.1'],
    clock,
    log,
    files: undefined,
  });
  close = async () => {
    certificates.close();
    await store.close();
    rmSync(data, { recursive: true, force: true });
  };
});
afterEach(() => close());

test('a certificate is renewed in time, by itself, and its pin stays', async () => {
  const renewed: string[] = [];
  certificates.follow(({ cert }) => void renewed.push(cert));
  const first = certificates.current;
  await certificates.renew();
  expect(renewed).toEqual([]);
  now = first.renewAt;
  await certificates.renew();
  expect(renewed).toEqual([certificates.current.cert]);
  expect(certificates.current.pin).toBe(first.pin);
  expect(until(certificates.current.cert) > until(first.cert)).toBe(true);
});

test('a certificate of a clock that was wrong is replaced when that is right again, by the same key', async () => {
  const { pin } = certificates.current;
  const right = now;
  for (const wrong of ['1970-01-01T00:01:00Z', '2031-01-01T00:00:00Z']) {
    for (const time of [new Date(wrong), right]) {
      now = time;
      await certificates.renew();
      const { cert } = certificates.current;
      expect([from(cert) < now, until(cert) > now]).toEqual([true, true]);
    }
  }
  expect(certificates.current.pin).toBe(pin);
});
