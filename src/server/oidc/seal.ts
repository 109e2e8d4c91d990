import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const nonceSize = 12;
const tagSize = 16;
const algorithm = 'aes-256-gcm';

export const newSealKey = (): string => randomBytes(32).toString('base64url');

/** What only who has the key reads, and nobody else can have made. `use`: it opens as nothing else. */
export function seal(key: string, use: string, value: unknown): string {
  const nonce = randomBytes(nonceSize);
  const cipher = createCipheriv(algorithm, Buffer.from(key, 'base64url'), nonce);
  cipher.setAAD(Buffer.from(use));
  const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
}

/** Undefined for what was not sealed so. */
export function unseal(key: string, use: string, sealed: string): unknown {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < nonceSize + tagSize) return undefined;
  const open = createDecipheriv(
    algorithm,
    Buffer.from(key, 'base64url'),
    bytes.subarray(0, nonceSize),
    { authTagLength: tagSize },
  );
  open.setAAD(Buffer.from(use));
  open.setAuthTag(bytes.subarray(nonceSize, nonceSize + tagSize));
  try {
    const text = Buffer.concat([open.update(bytes.subarray(nonceSize + tagSize)), open.final()]);
    return JSON.parse(text.toString());
  } catch {
    return undefined;
  }
}
