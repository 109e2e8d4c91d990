import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { HostState } from '#state';

/** The beginning of a command line that runs in a network namespace; empty: in that of this process. */
export type Enter = readonly string[];

/** Where the network is on this machine: in the namespace in which its tunnels live. */
export function enterOf(state: Pick<HostState, 'tunnels'> | undefined): Enter {
  const [first] = Object.values(state?.tunnels ?? {});
  const livesIn = first?.livesIn ?? 'root';
  return livesIn === 'root' ? [] : enterSpace(livesIn);
}

/** The beginning of a command line that runs in a namespace of this name. */
export const enterSpace = (space: string): Enter => ['ip', 'netns', 'exec', space];

/** Which namespace has a name now, by its inode; undefined: none. */
export const namespaceNow = (name: string): number | undefined =>
  statSync(`/run/netns/${name}`, { throwIfNoEntry: false })?.ino;

/**
 * The same of where something runs. One of others may go, and another be made by its name; as long as a process or a
 * socket of ours is in one that went, nothing of it ends.
 */
export const spaceOf = (enter: Enter): number | undefined =>
  enter.length === 0 ? 0 : namespaceNow(enter.at(-1) ?? '');

interface Where {
  readonly host: string;
  readonly port: number;
}

/**
 * A socket belongs to the namespace in which it was made, whoever has it. So another process makes it there, and hands it
 * over (unix(7), SCM_RIGHTS).
 */
const maker = `const [kind, host, port] = process.argv.slice(1);
const failed = ({ code, message }) => process.send(code ?? message);
const given = (made) => process.send('', made);
process.on('disconnect', () => process.exit());
if (kind === 'connect') {
  const socket = require('node:net').connect({ host, port: +port }, () => given(socket)).on('error', failed);
} else if (kind === 'listen') {
  const server = require('node:net').createServer().on('error', failed).listen(+port, host, () => given(server));
} else {
  const socket = require('node:dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', failed).bind(+port, host, () => given(socket));
}`;

/** ms that the making of a socket may take where nobody says: that of a process is the most of it. */
const patience = 10_000;

interface Made {
  readonly connect: Socket;
  readonly listen: Server;
  readonly datagrams: Datagrams;
}

async function make<K extends keyof Made>(
  kind: K,
  enter: Enter,
  { host, port }: Where,
  within = patience,
): Promise<Made[K]> {
  const [program, ...argv] = [...enter, process.execPath, '-e', maker, kind, host, `${port}`];
  const child = spawn(program, argv, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), within);
  try {
    return await handedOver(child);
  } catch (error) {
    throw child.killed ? codeError('ETIMEDOUT') : error;
  } finally {
    if (child.connected) child.disconnect();
    // As long as it lives it has the socket as well, and may take what comes by it.
    await ended(child);
    clearTimeout(timer);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const isOver = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  if (!isOver) await once(child, 'exit');
}

function handedOver<T>(child: ChildProcess): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  child.on('message', (code: string, made) => {
    if (made) resolve(made as T);
    else reject(codeError(code));
  });
  child.on('error', reject);
  child.on('close', () => reject(new Error(said.trim().split('\n')[0] || 'its process ended')));
  return promise;
}

/** An error as the system names it. */
const codeError = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

/** A connection. @throws what keeps it from standing, by its `code`; ETIMEDOUT: nobody answered within so many ms */
export async function connectAt(enter: Enter, where: Where, within: number): Promise<Socket> {
  if (enter.length > 0) return make('connect', enter, where, within);
  const socket = connect({ ...where, timeout: within });
  socket.once('timeout', () => socket.destroy(codeError('ETIMEDOUT')));
  await once(socket, 'connect');
  return socket.setTimeout(0);
}

/** Who listens for connections. @throws what keeps it from that */
export async function listenAt(enter: Enter, where: Where): Promise<Server> {
  if (enter.length > 0) return make('listen', enter, where);
  const server = createServer().listen(where);
  await once(server, 'listening');
  return server;
}

/** What sends and takes datagrams by one port. @throws what keeps it from that */
export async function datagramsAt(enter: Enter, where: Where): Promise<Datagrams> {
  if (enter.length > 0) return make('datagrams', enter, where);
  const socket = createSocket(isIPv6(where.host) ? 'udp6' : 'udp4').bind(where.port, where.host);
  await once(socket, 'listening');
  return socket;
}
