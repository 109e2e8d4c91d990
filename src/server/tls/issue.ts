import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { type Authority, days } from './authorities.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A new P-256 private key, PKCS #8 as PEM. */
export function generateKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

const signing = (key: string) => createPrivateKey(key).toCryptoKey(algorithm, false, ['sign']);
const verifying = (key: string) => createPublicKey(key).toCryptoKey(algorithm, true, ['verify']);
const serial = (): string => `00${randomBytes(16).toString('hex')}`;

/** A day into the past: the machines' clocks may be behind ours. */
const backdated = (now: Date): Date => new Date(now.getTime() - days(1));

/** A certificate authority for ten years, that signs servers and no other authority. */
export async function makeAuthority(now: Date, life: number): Promise<Authority> {
  const key = generateKey();
  const publicKey = verifying(key);
  const name = `CN=Hawser CA ${now.toISOString().slice(0, 10)} ${randomBytes(4).toString('hex')}`;
  const notAfter = new Date(now.getTime() + life);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: name,
    issuer: name,
    publicKey,
    signingKey: signing(key),
    signingAlgorithm: algorithm,
    notBefore: backdated(now),
    notAfter,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return { key, cert: pem(certificate), made: now.toISOString(), expires: notAfter.toISOString() };
}

export interface Leaf {
  /** Private key, PEM. */
  readonly key: string;
  /** Host names and addresses that it is good for. */
  readonly names: readonly string[];
  readonly notAfter: Date;
}

/** A server's certificate and the authority's own after it, PEM. */
export async function issue(authority: Authority, leaf: Leaf, now: Date): Promise<string> {
  const issuer = new X509Certificate(authority.cert);
  const publicKey = verifying(leaf.key);
  const alternatives = leaf.names.map((value) => {
    return { type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value };
  });
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: 'CN=Hawser server',
    issuer: issuer.subject,
    publicKey,
    signingKey: signing(authority.key),
    signingAlgorithm: algorithm,
    notBefore: backdated(now),
    notAfter: leaf.notAfter,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(alternatives),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return `${pem(certificate)}${authority.cert}`;
}

const pem = (certificate: X509Certificate): string => `${certificate.toString('pem')}\n`;
