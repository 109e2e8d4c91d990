import { once } from 'node:events';
import { type AddressInfo, connect as connectPlainly, type Socket } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { days } from '../tls/authorities.ts';
import { generateKey, issue, makeAuthority } from '../tls/issue.ts';
import { paceHandshakes } from './admission.ts';

let certificate: { readonly key: string; readonly cert: string };
beforeAll(async () => {
  const now = new Date();
  const key = generateKey();
  const notAfter = new Date(now.getTime() + days(1));
  const authority = await makeAuthority(now, days(1));
  certificate = { key, cert: await issue(authority, { key, names: ['127.0.0.1'], notAfter }, now) };
});

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serving(pace?: Parameters<typeof paceHandshakes>[1]): Promise<number> {
  const server = createServer(certificate);
  paceHandshakes(server, pace);
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function kept<S extends Socket>(socket: S): S {
  socket.on('error', () => undefined);
  closing.push(() => socket.destroy());
  return socket;
}

const callers = (port: number, count: number): readonly TLSSocket[] =>
  Array.from({ length: count }, () =>
    kept(connect({ port, host: '127.0.0.1', rejectUnauthorized: false })),
  );

test('many who come at once are all served, also while others say nothing', async () => {
  const port = await serving();
  const silent = Array.from({ length: 100 }, () => kept(connectPlainly(port, '127.0.0.1')));
  await Promise.all(silent.map(async (socket) => once(socket, 'connect')));
  await Promise.all(callers(port, 100).map(async (socket) => once(socket, 'secureConnect')));
});

test('who has waited too long is let go without a handshake', async () => {
  const port = await serving({ perTurn: 1, patience: -1 });
  const [caller] = callers(port, 1) as [TLSSocket];
  let stood = false;
  caller.once('secureConnect', () => {
    stood = true;
  });
  await new Promise((resolve) => caller.once('close', resolve));
  expect(stood).toBe(false);
});
