/** An X25519 pair as WireGuard writes it, base64; the private key is known to this page alone. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** This browser, or the way in which it got this page, does not let it make a key. */
export class NoKey extends Error {}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Clamped as RFC 7748 section 5 says, and as wg(8) prints its keys. */
function clamped(key: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(key);
  bytes[0] = (bytes[0] ?? 0) & 248;
  bytes[31] = ((bytes[31] ?? 0) & 127) | 64;
  return bytes;
}

/** The last 32 bytes of PKCS #8 are the key itself (RFC 8410, section 7). */
const rawOf = (pkcs8: ArrayBuffer): Uint8Array => new Uint8Array(pkcs8).slice(-32);

/** @throws NoKey */
export async function makeKey(): Promise<KeyPair> {
  // Browsers have none for pages that came without TLS.
  const subtle = (crypto as Partial<Crypto>).subtle;
  if (!subtle)
    throw new NoKey('This page came without TLS, and browsers make no keys for such pages.');
  try {
    const pair = await subtle.generateKey({ name: 'X25519' }, true, ['deriveBits']);
    const secret = await subtle.exportKey('pkcs8', pair.privateKey);
    const shown = await subtle.exportKey('raw', pair.publicKey);
    return {
      privateKey: base64(clamped(rawOf(secret))),
      publicKey: base64(new Uint8Array(shown)),
    };
  } catch {
    throw new NoKey('This browser cannot make a key for WireGuard (X25519): it is too old.');
  }
}
