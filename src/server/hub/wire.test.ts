import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Counter, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Wire } from './wire.ts';

const counter = (name: string): Counter<'type'> =>
  new Counter({ name, help: name, labelNames: ['type'], registers: [new Registry()] });

/** Both ends of a connection, whose other end answers to pings or does not. */
async function withWire(
  autoPong: boolean,
  work: (wire: Wire, client: WebSocket) => Promise<void>,
): Promise<void> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong });
  const [socket] = await accepted;
  await once(client, 'open');
  const counts = { messages: counter('messages'), bytes: counter('bytes') };
  await work(new Wire(socket, { address: '127.0.0.1', own: '127.0.0.1' }, counts), client);
  client.terminate();
  server.close();
}

test('a connection that gives no sign of life is ended', async () => {
  await withWire(false, async (wire, client) => {
    const asked = once(client, 'ping');
    wire.beat();
    await asked;
    expect(wire.isOpen).toBe(true);
    const ended = once(client, 'close');
    wire.beat();
    await ended;
    expect(wire.isOpen).toBe(false);
  });
});

test('a connection over which something is asked lives on, although no answer comes', async () => {
  await withWire(false, async (wire, client) => {
    for (let i = 0; i < 3; i++) {
      wire.beat();
      client.ping();
      await once(client, 'pong');
    }
    expect(wire.isOpen).toBe(true);
  });
});

test('a connection that answers lives on', async () => {
  await withWire(true, async (wire) => {
    for (let i = 0; i < 3; i++) {
      wire.beat();
      expect(await wire.answers(5000)).toBe(true);
    }
    expect(wire.isOpen).toBe(true);
  });
});
