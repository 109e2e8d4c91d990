import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  type PeerCertificate,
  type TLSSocket,
} from 'node:tls';
import { agentErrors } from '../errors.ts';

/** How a server proves to be the one that is meant. */
export interface Trust {
  /**
   * PEM of the only authorities whose certificates count. Those that Hawser made sign nobody but its
   * server, wherever that is; others, such as a company's, may sign many: there the name counts too.
   */
  readonly authorities: readonly string[];
  /** Base64 SHA-256 of the server key's SubjectPublicKeyInfo (RFC 7469), where there are no authorities. */
  readonly pin?: string;
}

export interface Dial extends Trust {
  /** Base URL, `https://host:port`. */
  readonly server: string;
  /** ms until the TLS connection must stand. */
  readonly patience: number;
  readonly signal?: AbortSignal;
}

const pinOf = (socket: TLSSocket): string | undefined => {
  const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
  return key && createHash('sha256').update(key).digest('base64');
};

/** Own authorities, else the pin, else the system's authorities and the server's name. */
function verification({ authorities, pin }: Trust): ConnectionOptions {
  if (authorities.length > 0) {
    return { ca: [...authorities], checkServerIdentity: otherName };
  }
  return pin === undefined ? {} : { rejectUnauthorized: false };
}

/** What authorities are called that a server of ours made for itself. */
const ownAuthority = /^Hawser CA /;

const otherName = (host: string, certificate: PeerCertificate): Error | undefined =>
  ownAuthority.test(String(certificate.issuer.CN))
    ? undefined
    : checkServerIdentity(host, certificate);

const isPinned = ({ authorities, pin }: Trust): boolean =>
  authorities.length === 0 && pin !== undefined;

/**
 * A TLS connection to the very server that is meant: nothing is sent to it before that is sure. Where all
 * that a clock has against its certificate is the time, the pin of its key decides: one of the clocks is wrong.
 * @throws agent/wrong-server, agent/no-connection
 */
export async function dial(destination: Dial): Promise<TLSSocket> {
  try {
    return await dialOnce(destination);
  } catch (error) {
    if (destination.pin === undefined || !isOfTime(error)) throw error;
    return dialOnce({ ...destination, authorities: [] }).catch(() => {
      throw error;
    });
  }
}

/** What OpenSSL says of a certificate whose time has not come, or is over. */
const timeCodes: readonly unknown[] = ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'];

const isOfTime = (error: unknown): boolean => {
  const cause = error instanceof Error ? error.cause : undefined;
  return timeCodes.includes((cause as NodeJS.ErrnoException | undefined)?.code);
};

async function dialOnce(destination: Dial): Promise<TLSSocket> {
  const { server, patience, signal, pin } = destination;
  if (!URL.canParse(server)) {
    throw agentErrors.error('agent/no-connection', { server, detail: 'that is no URL' });
  }
  const url = new URL(server);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(url.port || 443),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
      ...verification(destination),
    });
    const fail = (cause: Error): void => {
      socket.destroy();
      reject(failure(server, cause));
    };
    const giveUp = (): void => fail(new Error('given up'));
    const timer = setTimeout(() => fail(new Error(`no answer within ${patience} ms`)), patience);
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) giveUp();
    socket.once('error', fail);
    socket.once('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    });
    socket.once('secureConnect', () => {
      if (isPinned(destination) && pinOf(socket) !== pin) {
        fail(agentErrors.error('agent/wrong-server', { server, detail: 'it has another key' }));
        return;
      }
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      socket.off('error', fail);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

/** What OpenSSL says of certificates that do not prove what they should. */
const certificateCode = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/;

function failure(server: string, cause: Error): Error {
  if (cause.name === 'HawserError') return cause;
  const detail = cause.message;
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  return certificateCode.test(code)
    ? agentErrors.error('agent/wrong-server', { server, detail }, { cause })
    : agentErrors.error('agent/no-connection', { server, detail }, { cause });
}
