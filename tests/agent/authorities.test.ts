import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  type Extension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dial } from '#agent';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const now = Date.now();

const newKey = (): string =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

/** A certificate for a key by another, with what it says of itself. */
const certified = async (
  subject: string,
  key: string,
  by: { readonly issuer: string; readonly key: string },
  extensions: Extension[],
): Promise<string> =>
  (
    await X509CertificateGenerator.create({
      ...{ serialNumber: '01', subject: `CN=${subject}`, issuer: `CN=${by.issuer}`, extensions },
      publicKey: createPublicKey(key).toCryptoKey(algorithm, true, ['verify']),
      signingKey: createPrivateKey(by.key).toCryptoKey(algorithm, false, ['sign']),
      signingAlgorithm: algorithm,
      notBefore: new Date(now - 86_400_000),
      notAfter: new Date(now + 86_400_000),
    })
  ).toString('pem');

/** An authority of that name, and a certificate of it for a host. */
async function signed(authority: string, host: string) {
  const [rootKey, key] = [newKey(), newKey()];
  const by = { issuer: authority, key: rootKey };
  const root = await certified(authority, rootKey, by, [new BasicConstraintsExtension(true)]);
  const type = isIP(host) === 0 ? 'dns' : 'ip';
  const names = new SubjectAlternativeNameExtension([{ type, value: host }]);
  return { key, cert: await certified('server', key, by, [names]), authorities: [root] };
}

const servers: Server[] = [];

/** Where somebody listens with that certificate, and who vouches for it. */
async function place(authority: string, host: string) {
  const { key, cert, authorities } = await signed(authority, host);
  const server = createServer({ key, cert });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { server: `https://127.0.0.1:${port}`, authorities, patience: 5_000 };
}

type Place = Awaited<ReturnType<typeof place>>;
let [company, colleague, moved]: Place[] = [];
beforeAll(async () => {
  company = await place('Example Corporation', '127.0.0.1');
  colleague = await place('Example Corporation', 'colleague.example.org');
  moved = await place('Hawser CA 2026-01-01 0a0b0c0d', 'where.it.was.example.org');
});
afterAll(() => {
  for (const server of servers) server.close();
});

const reaches = async (one: Place | undefined): Promise<string> => {
  if (!one) throw new Error('nobody listens');
  return dial(one).then(
    (socket) => {
      socket.destroy();
      return 'reached';
    },
    (error: { readonly code?: string }) => String(error.code),
  );
};

test('of a company’s authority, the certificate counts that has the server’s name, and no other', async () => {
  expect(await reaches(company)).toBe('reached');
  expect(await reaches(colleague)).toBe('agent/wrong-server');
});

test('of an authority of Hawser’s own every certificate is its server’s, wherever that is now', async () => {
  expect(await reaches(moved)).toBe('reached');
});
