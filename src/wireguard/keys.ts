import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { Secret } from '#base';
import { wireguardErrors } from './errors.ts';
import { isKey } from './key-text.ts';

export interface KeyPair {
  readonly privateKey: Secret;
  readonly publicKey: string;
}

/** PKCS #8 wrapping of a raw X25519 private key (RFC 8410, section 7). */
const pkcs8Head = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** The last 32 bytes of either DER form are the key itself (RFC 8410). */
const rawTail = (der: Buffer): Buffer => der.subarray(-32);

const publicText = (key: KeyObject): string =>
  rawTail(key.export({ format: 'der', type: 'spki' })).toString('base64');

/** Clamps as RFC 7748 section 5 says and as `wg genkey` prints its keys. */
function clamp(key: Buffer): Buffer {
  key[0] = (key[0] ?? 0) & 248;
  key[31] = ((key[31] ?? 0) & 127) | 64;
  return key;
}

/** A fresh X25519 pair, both in base64. */
export function generateKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const raw = clamp(Buffer.from(rawTail(privateKey.export({ format: 'der', type: 'pkcs8' }))));
  return { privateKey: new Secret(raw.toString('base64')), publicKey: publicText(publicKey) };
}

/**
 * The public key of a private one, equal to `wg pubkey`.
 * @throws wireguard/invalid-key
 */
export function publicKeyOf(privateKey: Secret): string {
  const text = privateKey.reveal();
  if (!isKey(text)) throw wireguardErrors.error('wireguard/invalid-key', { name: 'private key' });
  const der = Buffer.concat([pkcs8Head, Buffer.from(text, 'base64')]);
  return publicText(createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })));
}

/** 32 random bytes in base64, as `wg genpsk` prints them. */
export const generatePresharedKey = (): Secret => new Secret(randomBytes(32).toString('base64'));
