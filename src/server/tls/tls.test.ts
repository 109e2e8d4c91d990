import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore, type Store } from '../store/index.ts';
import { days } from './authorities.ts';
import { pinOf, type ServerCertificate, serverCertificate } from './certificate.ts';
import { operatorCertificate } from './operator.ts';

const start = new Date('2026-11-20T12:00:00.000Z');
const names = ['hub.example.org', '127.0.0.1', '::1'];

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-tls-'));
  store = await openStore({ data: folder });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const after = (count: number) => serverCertificate(store, { names, clock: () => inDays(count) });
const inDays = (count: number): Date => new Date(start.getTime() + days(count));
const leafOf = ({ cert }: ServerCertificate) => new X509Certificate(cert);
const issuers = (certificate: ServerCertificate) =>
  certificate.authorities.filter((one) =>
    leafOf(certificate).checkIssued(new X509Certificate(one)),
  );

/** Connects as an agent does: trusting these authorities and nothing else. */
function connects(server: ServerCertificate, authorities: readonly string[]): Promise<string> {
  const https = createServer({ key: server.key, cert: server.cert });
  return new Promise((resolve, reject) => {
    https.listen(0, '127.0.0.1', () => {
      const { port } = https.address() as AddressInfo;
      const socket = connect({ port, host: '127.0.0.1', ca: [...authorities] }, () => {
        const peer = socket.getPeerX509Certificate();
        socket.destroy();
        resolve(peer ? pinOf(peer.publicKey) : 'no certificate');
      });
      socket.on('error', reject);
    });
  }).finally(() => https.close()) as Promise<string>;
}

test('a machine that has the authority connects, and finds the pinned key', async () => {
  // A real clock: the connection itself is judged by today's date.
  const own = await serverCertificate(store, { names, clock: () => new Date() });
  expect(await connects(own, own.authorities)).toBe(own.pin);
});

test('a machine that has another authority does not connect', async () => {
  const own = await serverCertificate(store, { names, clock: () => new Date() });
  const folder2 = join(folder, 'other');
  const other = await openStore({ data: folder2 });
  const stranger = await serverCertificate(other, { names, clock: () => new Date() });
  await other.close();
  await expect(connects(own, stranger.authorities)).rejects.toThrow('certificate');
});

test('the certificate names the host names and addresses it is good for', async () => {
  const leaf = leafOf(await after(0));
  expect(leaf.checkHost('hub.example.org')).toBeDefined();
  expect(leaf.checkIP('127.0.0.1')).toBeDefined();
  expect(leaf.checkIP('::1')).toBeDefined();
  expect(leaf.checkHost('elsewhere.example.org')).toBeUndefined();
  expect(leaf.ca).toBe(false);
});

test('a restart and a renewal keep key, pin and authority', async () => {
  const first = await after(0);
  await store.close();
  store = await openStore({ data: folder });
  const second = await after(60);
  expect(second.pin).toBe(first.pin);
  expect(second.authorities).toEqual(first.authorities);
  expect(leafOf(second).validToDate > leafOf(first).validToDate).toBe(true);
  expect(first.renewAt < leafOf(first).validToDate).toBe(true);
});

test('the next authority is told of 90 days before it signs, and the old one leaves when it ends', async () => {
  const [old] = (await after(0)).authorities;
  let announced: number | undefined;
  for (let day = 3_400; day < 3_660; day += 10) {
    const now = await after(day);
    if (now.authorities.length === 2) announced ??= day;
    const [signer] = issuers(now);
    if (signer !== old) expect(day - (announced ?? day)).toBeGreaterThanOrEqual(90);
    expect(leafOf(now).validToDate <= new X509Certificate(signer ?? '').validToDate).toBe(true);
    if (day >= 3_650) expect(now.authorities).not.toContain(old);
  }
  expect(announced).toBeLessThanOrEqual(3_650 - 180 + 10);
});

test('a server that was away past the end of its authority comes back with a new one', async () => {
  const before = await after(0);
  const back = await after(5_000);
  expect(back.pin).toBe(before.pin);
  expect(back.authorities).not.toEqual(before.authorities);
  expect(issuers(back)).toHaveLength(1);
});

test('servers that start at once agree on one key and one authority', async () => {
  const many = await Promise.all(Array.from({ length: 5 }, () => after(0)));
  expect(new Set(many.map(({ pin }) => pin)).size).toBe(1);
  expect(new Set(many.flatMap(({ authorities }) => authorities)).size).toBe(1);
});

function files(certificate: { readonly key: string; readonly cert: string }) {
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  writeFileSync(keyFile, certificate.key);
  writeFileSync(certFile, certificate.cert);
  return { keyFile, certFile, clock: () => start };
}

test('the operator’s own certificate is used as it is; a root in its file is given to machines', async () => {
  const own = await after(0);
  const taken = operatorCertificate(files(own));
  expect(taken.pin).toBe(own.pin);
  expect(taken.authorities.map((one) => new X509Certificate(one).fingerprint256)).toEqual(
    own.authorities.map((one) => new X509Certificate(one).fingerprint256),
  );
  const leafOnly = own.cert.slice(0, own.cert.indexOf('-----END') + 25);
  expect(operatorCertificate(files({ key: own.key, cert: `${leafOnly}\n` }))).toMatchObject({
    authorities: [],
  });
});

test('an operator’s certificate that cannot work is refused with its reason', async () => {
  const own = await after(0);
  const { keyFile, certFile } = files(own);
  const late = { keyFile, certFile, clock: () => inDays(100) };
  expect(() => operatorCertificate(late)).toThrow('expired');
  const absent = { keyFile: join(folder, 'none'), certFile, clock: () => start };
  expect(() => operatorCertificate(absent)).toThrow('none');
  const other = await openStore({ data: join(folder, 'other') });
  const { key } = await serverCertificate(other, { names, clock: () => start });
  await other.close();
  expect(() => operatorCertificate(files({ key, cert: own.cert }))).toThrow('not the certificate');
  expect(() => operatorCertificate(files({ key, cert: 'rubbish' }))).toThrow('no certificate');
});
