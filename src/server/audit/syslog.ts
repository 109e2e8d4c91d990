import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6, connect as tcpConnect } from 'node:net';
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import type { AuditEntry } from '#api';
import { lineOf, messageOf } from './message.ts';
import type { Target } from './target.ts';

/** A way to a syslog server that is open. */
export interface Syslog {
  /** Rejects where it cannot be sent. */
  send(entries: readonly AuditEntry[]): Promise<void>;
  /** False once it was lost: what was sent last may be too. */
  readonly lives: boolean;
  close(): void;
}

/** Milliseconds until a connection must stand, and between signs of life of an idle one. */
const patience = 10_000;

const sender = () => ({ host: hostname(), pid: process.pid });

/** @throws what the system says */
export async function openSyslog(target: Target): Promise<Syslog> {
  if (target.over === 'udp') return overUdp(target.host, target.port);
  if (target.over === 'tcp') return overTcp(target.host, target.port);
  return overLogger(target.path);
}

/** A datagram each (RFC 5426): nobody says whether it arrived. */
async function overUdp(host: string, port: number): Promise<Syslog> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
  socket.on('error', () => {});
  socket.unref();
  const send = async (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(text, port, host, (error) => (error ? reject(error) : resolve()));
    });
  return {
    lives: true,
    async send(entries) {
      for (const entry of entries) await send(messageOf(entry, sender()));
    },
    close: () => void socket.close(),
  };
}

/** Writes and waits until it has left; `lives` ends with the stream. */
function onStream(
  stream: Writable,
  format: (entry: AuditEntry) => string,
  close: () => void,
): Syslog {
  const write = async (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
  return {
    get lives() {
      return !stream.destroyed && stream.writable;
    },
    async send(entries) {
      await write(entries.map(format).join(''));
    },
    close,
  };
}

/** Each message after its length (RFC 6587, section 3.4.1). */
async function overTcp(host: string, port: number): Promise<Syslog> {
  const socket = tcpConnect({ host, port, keepAlive: true, keepAliveInitialDelay: patience });
  socket.setTimeout(patience, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
  } finally {
    socket.on('error', () => {});
  }
  socket.setTimeout(0);
  // A receiver says nothing; but only a stream that flows tells its end.
  socket.resume().unref();
  const format = (entry: AuditEntry): string => {
    const text = messageOf(entry, sender());
    return `${text.length} ${text}`;
  };
  return onStream(socket, format, () => socket.destroy());
}

/**
 * The sockets of a machine's own syslog take datagrams, which Node cannot send there: logger(1) does,
 * a line each, and says by itself what such a daemon wants to be told.
 */
async function overLogger(path: string): Promise<Syslog> {
  const options = ['--socket', path, '--tag', 'hawser', '--priority', 'local0.notice'];
  const argv = [...options, '--size', '16384', '--socket-errors=on'];
  const child = spawn('logger', argv, { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => {});
  await once(child, 'spawn');
  child.on('exit', () => child.stdin.destroy());
  child.unref();
  return onStream(
    child.stdin,
    (entry) => `${lineOf(entry)}\n`,
    () => child.stdin.end(),
  );
}
