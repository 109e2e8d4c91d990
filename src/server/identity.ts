import { createPublicKey, type KeyObject, verify } from 'node:crypto';

const base64url = (base64: string): string =>
  base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

function ed25519(publicKey: string): KeyObject | undefined {
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey) };
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** Whether the holder of an Ed25519 key (base64, 32 bytes) signed this text; false for what is no key. */
export function isSigned(publicKey: string, text: string, signature: string): boolean {
  const key = ed25519(publicKey);
  return (
    key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
  );
}
