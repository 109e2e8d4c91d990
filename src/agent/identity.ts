import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { HawserError } from '#base';
import { agentErrors } from './errors.ts';
import { PrivateFiles } from './private-files.ts';

/** Who a machine is to its servers: an Ed25519 key that was born on it and never leaves it. */
export interface Identity {
  /** Base64 of the 32 bytes (RFC 8032). */
  readonly publicKey: string;
  /** Base64 of the signature over a text. */
  sign(text: string): string;
}

const fileName = 'identity.key';

/** A SubjectPublicKeyInfo of Ed25519 is 12 bytes of header and the key (RFC 8410). */
const headerBytes = 12;

function identityOf(key: KeyObject): Identity {
  const info = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return {
    publicKey: info.subarray(headerBytes).toString('base64'),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  };
}

/** The machine's identity; born at the first call. @throws agent/no-identity, agent/not-permitted */
export function machineIdentity(stateDir: string): Identity {
  const files = new PrivateFiles(stateDir);
  const known = knownIn(files);
  if (known) return known;
  const { privateKey } = generateKeyPairSync('ed25519');
  files.writeNew(fileName, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return machineIdentity(stateDir);
}

function knownIn(files: PrivateFiles): Identity | undefined {
  try {
    const known = files.read(fileName);
    return known === undefined ? undefined : identityOf(createPrivateKey(known));
  } catch (cause) {
    if (cause instanceof HawserError) throw cause;
    const detail = (cause as Error).message;
    throw agentErrors.error('agent/no-identity', { file: files.path(fileName), detail }, { cause });
  }
}
