import {
  createCipheriv,
  createDecipheriv,
  type DecipherGCM,
  randomBytes,
  type ScryptOptions,
  scrypt,
} from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { promisify } from 'node:util';
import type { Secret } from '#base';

/**
 * A file under a passphrase: magic, salt, nonce, then AES-256-GCM of the content, then its tag of 16
 * bytes. The key is scrypt's (RFC 7914) of the passphrase; the head is authenticated too.
 */
const magic = Buffer.from('hawser-backup-1\n');
const saltLength = 16;
const nonceLength = 12;
const tagLength = 16;
export const headLength = magic.length + saltLength + nonceLength;

/** 128 MiB and some tenths of a second for each guess. */
const cost: ScryptOptions = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };
const stretch = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
const keyOf = (passphrase: Secret, salt: Buffer): Promise<Buffer> =>
  stretch(passphrase.reveal().normalize('NFC'), salt, 32, cost);

/** What goes first into the file, and what turns content into the rest of it. */
export async function seal(passphrase: Secret): Promise<{ head: Buffer; content: Transform }> {
  const salt = randomBytes(saltLength);
  const nonce = randomBytes(nonceLength);
  const head = Buffer.concat([magic, salt, nonce]);
  const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, salt), nonce);
  cipher.setAAD(head);
  const content = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, cipher.update(chunk)),
    flush: (done) => done(null, Buffer.concat([cipher.final(), cipher.getAuthTag()])),
  });
  return { head, content };
}

/** The way back. The stream fails at its very end where passphrase or file are not what they were. */
export async function unseal(head: Buffer, passphrase: Secret): Promise<Transform | undefined> {
  if (head.length !== headLength || !head.subarray(0, magic.length).equals(magic)) return undefined;
  const salt = head.subarray(magic.length, magic.length + saltLength);
  const nonce = head.subarray(magic.length + saltLength);
  const decipher = createDecipheriv('aes-256-gcm', await keyOf(passphrase, salt), nonce);
  decipher.setAAD(head);
  return new Opener(decipher);
}

/** Holds back the last bytes: they are the tag. */
class Opener extends Transform {
  readonly #decipher: DecipherGCM;
  #last = Buffer.alloc(0);

  constructor(decipher: DecipherGCM) {
    super();
    this.#decipher = decipher;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const all = Buffer.concat([this.#last, chunk]);
    const end = Math.max(0, all.length - tagLength);
    this.#last = all.subarray(end);
    done(null, this.#decipher.update(all.subarray(0, end)));
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#decipher.setAuthTag(this.#last);
      done(null, this.#decipher.final());
    } catch (error) {
      done(error as Error);
    }
  }
}
