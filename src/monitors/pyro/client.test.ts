import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PyroObject } from './client.ts';
import { encodeFrame, types } from './frame.ts';

/** Seconds: nothing here waits for them. */
const patience = 60;

const frame = (type: number, seq: number): Buffer =>
  encodeFrame({ type, seq, flags: 0, payload: Buffer.from('{}') });

/** Messages: more than buffers between two processes take. */
const many = 200_000;

let server: Server;
let other: Promise<Socket>;
let object: PyroObject | undefined;

beforeEach(async () => {
  server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  other = once(server, 'connection').then(([socket]: Socket[]) => {
    socket?.on('error', () => undefined);
    return socket as Socket;
  });
});
afterEach(async () => {
  object?.close();
  (await other).destroy();
  server.close();
});

const opened = async (): Promise<PyroObject> => {
  const { port } = server.address() as AddressInfo;
  const opening = PyroObject.open('thermal', { object: 'obj', host: '127.0.0.1', port }, patience);
  const socket = await other;
  socket.write(frame(types.connectOk, 1));
  object = await opening;
  return object;
};

test('a service that says more than it was asked for is heard no longer', async () => {
  const flooded = await opened();
  const socket = await other;
  let frames = 0;
  await new Promise<void>((resolve) => {
    const flood = (): void => {
      while (!socket.destroyed && socket.write(frame(types.result, 2))) frames++;
      if (frames >= many) resolve();
    };
    socket.once('close', resolve).on('drain', flood);
    flood();
  });
  expect(socket.destroyed).toBe(true);
  await expect(flooded.call('getStatus')).rejects.toThrow('messages that nobody asked for');
});

test('an answer that comes before its question is one', async () => {
  const early = await opened();
  (await other).write(frame(types.result, 2));
  expect(await early.call('getStatus')).toEqual({});
});
