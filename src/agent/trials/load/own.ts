import { timingSafeEqual } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import type { Loaded, Question } from '#api';
import { connectAt, type Enter, listenAt } from '../../sockets.ts';
import { sentBy } from './sockets.ts';

/**
 * A measurement of our own, over one TCP connection. Who connects says in 128 bytes the key, the direction, and for how long
 * and how much; then one sends until either is over. What the sender, or who counted, knows in the end comes in the last 256 bytes of what
 * the other end sends.
 */
const headBytes = 128;
const tailBytes = 256;
const chunk = Buffer.alloc(256 * 1024);
/** ms that the other end may be silent. */
const patience = 5_000;

export type Serve = Extract<Question, { readonly kind: 'serve' }>;
export type Load = Extract<Question, { readonly kind: 'load' }>;

type Head = Pick<Load, 'key' | 'direction' | 'seconds' | 'bytes'>;

const padded = (value: unknown, size: number): Buffer =>
  Buffer.from(JSON.stringify(value).padEnd(size), 'latin1');

const read = <T>(data: Buffer): T => JSON.parse(data.toString('latin1')) as T;

/** Sends until the time is over or so much is sent, and gives what came of it. */
async function pour(
  socket: Socket,
  { seconds, bytes }: Pick<Load, 'seconds' | 'bytes'>,
  enter: Enter,
): Promise<Loaded> {
  const began = performance.now();
  const until = began + seconds * 1000;
  let sent = 0;
  while (performance.now() < until && sent < bytes && socket.writable) {
    const isFull = !socket.write(chunk);
    sent += chunk.length;
    if (isFull) await drained(socket, until - performance.now());
  }
  const left = socket.writableLength;
  return {
    bytes: Math.max(0, sent - left),
    seconds: (performance.now() - began) / 1000,
    ...sentBy(socket, enter),
  };
}

/** Until there is room again, but no longer than that: what is on its way may take its time. */
const drained = (socket: Socket, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      socket.off('drain', end).off('close', end);
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, ms));
    socket.on('drain', end).on('close', end);
  });

/** Counts what comes until the other end has no more, and keeps the last of it. */
function gather(socket: Socket): Promise<{ readonly loaded: Loaded; readonly tail: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ loaded: Loaded; tail: Buffer }>();
  let [bytes, began, last] = [0, 0, 0];
  let tail: Buffer = Buffer.alloc(0);
  socket.on('data', (part: Buffer) => {
    last = performance.now();
    if (bytes === 0) began = last;
    bytes += part.length;
    tail =
      part.length >= tailBytes
        ? part.subarray(-tailBytes)
        : Buffer.concat([tail, part]).subarray(-tailBytes);
  });
  socket.on('end', () => resolve({ loaded: { bytes, seconds: (last - began) / 1000 }, tail }));
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the connection was lost')));
  return promise;
}

/** Listens for one measurement from one machine. @returns what ends it */
export async function serveOwn(
  { address, port, from, key, seconds }: Serve,
  enter: Enter = [],
): Promise<() => void> {
  const server = await listenAt(enter, { host: address, port });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.allowHalfOpen = true;
    socket.on('error', () => socket.destroy());
    if (socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '') !== from) return socket.destroy();
    answer(server, socket, { key, seconds, enter })
      .catch(() => socket.destroy())
      .finally(() => sockets.delete(socket));
    return undefined;
  });
  const end = (): void => {
    clearTimeout(timer);
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  const timer = setTimeout(end, seconds * 1000 + 2 * patience);
  return end;
}

/** Serves whoever knows the key, once. */
async function answer(
  server: Server,
  socket: Socket,
  { key, seconds, enter }: Pick<Serve, 'key' | 'seconds'> & { readonly enter: Enter },
): Promise<void> {
  const head = read<Head>(await firstOf(socket));
  const isKnown = timingSafeEqual(Buffer.from(head.key.padEnd(32).slice(0, 32)), Buffer.from(key));
  if (!isKnown) throw new Error('a wrong key');
  server.close();
  if (head.direction === 'there') {
    const { loaded } = await gather(socket);
    socket.end(padded(loaded, tailBytes));
    return;
  }
  const most = { bytes: head.bytes, seconds: Math.min(head.seconds, seconds) };
  const loaded = await pour(socket, most, enter);
  socket.end(padded(loaded, tailBytes));
}

/** The head, of which no byte of the rest is taken. */
function firstOf(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('silence')), patience);
    const look = (): void => {
      const head = socket.read(headBytes) as Buffer | null;
      if (!head) return;
      clearTimeout(timer);
      socket.off('readable', look);
      resolve(head);
    };
    socket.on('readable', look);
    socket.on('close', () => reject(new Error('the connection was lost')));
  });
}

/** Measures one direction. @throws what keeps the connection from standing */
export async function loadOwn(
  { address, port, key, direction, seconds, bytes }: Load,
  enter: Enter = [],
): Promise<Loaded> {
  const longest = seconds * 1000 + 2 * patience;
  const socket = await connectAt(enter, { host: address, port }, longest);
  socket.allowHalfOpen = true;
  const late = setTimeout(() => socket.destroy(new Error('ETIMEDOUT')), longest);
  try {
    socket.write(padded({ key, direction, seconds, bytes }, headBytes));
    const gathered = gather(socket);
    if (direction === 'back') {
      const { loaded, tail } = await gathered;
      const { again, segments } = read<Loaded>(tail);
      return {
        ...loaded,
        ...(again !== undefined && { again }),
        ...(segments !== undefined && { segments }),
      };
    }
    gathered.catch(() => undefined);
    const { again, segments } = await pour(socket, { seconds, bytes }, enter);
    socket.end();
    // What arrived counts, not what was sent.
    const { bytes: arrived, seconds: took } = read<Loaded>((await gathered).tail);
    return {
      ...{ bytes: arrived, seconds: took },
      ...(again !== undefined && { again }),
      ...(segments !== undefined && { segments }),
    };
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}
