import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { serverErrors } from '../errors.ts';
import { days } from './authorities.ts';
import { pinOf, type ServerCertificate } from './certificate.ts';

export interface OperatorFiles {
  /** Private key, PEM, without a passphrase. */
  readonly keyFile: string;
  /** The certificate, then those between it and its authority, PEM. */
  readonly certFile: string;
  readonly clock: () => Date;
}

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

const unusable = (file: string, detail: string, cause?: unknown) =>
  serverErrors.error('server/certificate-unusable', { file, detail }, { cause });

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw unusable(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const isSelfSigned = (certificate: X509Certificate): boolean =>
  certificate.checkIssued(certificate);

/** The chain's own root, where the operator's file has one: then systems do not know it. */
function privateRoot(chain: readonly X509Certificate[]): X509Certificate | undefined {
  return chain.find((certificate) => isSelfSigned(certificate));
}

/**
 * The operator's own certificate. Where its file ends in a root of its own, machines are given that root
 * and tokens the pin of the key; else a public authority vouches, and the key may change at any time.
 * @throws server/certificate-unusable
 */
export function operatorCertificate({
  keyFile,
  certFile,
  clock,
}: OperatorFiles): ServerCertificate {
  const key = attempt(keyFile, () => readFileSync(keyFile, 'utf8'));
  const cert = attempt(certFile, () => readFileSync(certFile, 'utf8'));
  const privateKey = attempt(keyFile, () => createPrivateKey(key));
  const chain = attempt(certFile, () =>
    [...cert.matchAll(block)].map(([text]) => new X509Certificate(text)),
  );
  const [leaf] = chain;
  if (!leaf) throw unusable(certFile, 'there is no certificate in it');
  if (!leaf.checkPrivateKey(privateKey)) {
    throw unusable(certFile, `it is not the certificate of the key ${keyFile}`);
  }
  const now = clock();
  if (leaf.validToDate <= now) throw unusable(certFile, `it expired on ${leaf.validTo}`);
  const root = privateRoot(chain);
  return {
    key,
    cert,
    authorities: root ? [root.toString()] : [],
    ...(root && { pin: pinOf(privateKey) }),
    renewAt: new Date(now.getTime() + days(1)),
  };
}
