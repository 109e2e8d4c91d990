import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { cliErrors } from '../errors.ts';

export interface Destination {
  readonly host: string;
  readonly port: number;
  /** Base64 SHA-256 of the key's SubjectPublicKeyInfo (RFC 7469); without it a public CA must vouch. */
  readonly pin?: string;
  /** How long a server may take to answer at all, ms. */
  readonly patience: number;
}

/** The pin of the key that the other side has proven to hold. */
function pinOf(socket: TLSSocket): string | undefined {
  const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
  return key && createHash('sha256').update(key).digest('base64');
}

/**
 * A TLS connection to the very server that is meant: until its key is known to be the right one,
 * nothing is sent. The pin is enough; names and dates in the certificate add nothing to it.
 * @throws cli/wrong-pin
 */
export function connectTls({ host, port, pin, patience }: Destination): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: pin === undefined,
      ...(isIP(host) === 0 && { servername: host }),
    });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(patience, () => fail(new Error(`no answer within ${patience / 1000} s`)));
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      if (pin !== undefined && pinOf(socket) !== pin) {
        fail(cliErrors.error('cli/wrong-pin', { server: `${host}:${port}` }));
        return;
      }
      socket.setTimeout(0);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
