import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcp, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Monitor } from '#state';
import { lookAt } from './index.ts';

let web: Server;
let url: string;
beforeAll(async () => {
  web = createServer((request, response) => {
    if (request.url === '/slow') return;
    response.writeHead(Number(request.url?.slice(1))).end();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
afterAll(() => {
  web.closeAllConnections();
  web.close();
});

const times = { every: 10, timeout: 1 };
const http = (path: string, expect?: number): Monitor => ({
  ...{ type: 'http', url: `${url}${path}`, ...times },
  ...(expect !== undefined && { expect }),
});

test.each<[string, Monitor | (() => Monitor), string, RegExp | undefined]>([
  ['answers', () => http('/204'), 'up', undefined],
  ['answers as is expected', () => http('/404', 404), 'up', undefined],
  ['answers otherwise', () => http('/500'), 'down', /status 500, not 2xx/],
  ['sends on', () => http('/302'), 'down', /status 302/],
  [
    'does not answer',
    () => http('/slow'),
    'busy',
    /takes connections and did not answer within 1 s/,
  ],
  [
    'has a name that nobody knows',
    { type: 'http', url: 'http://nowhere.invalid/', ...times },
    'down',
    /nowhere.invalid/,
  ],
])('a page that %s', async (_, monitor, state, why) => {
  const result = await lookAt(typeof monitor === 'function' ? monitor() : monitor);
  expect(result.state).toBe(state);
  if (why) expect(result.why).toMatch(why);
});

test.each([
  ['something else than HTTP', 'SSH-2.0-x\r\n', true, 'down', /with what is not HTTP: /],
  ['half an answer, and ends', 'HTTP/1.1 200 OK\r\nContent-Le', true, 'down', /./],
  ['half an answer, and no more', 'HTTP/1.1 200 OK\r\nContent-Le', false, 'busy', /within 1 s/],
])('what sends %s is not up', async (_, text, thenEnds, state, why) => {
  const sockets = new Set<Socket>();
  const server = createTcp((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).write(text);
    if (thenEnds) socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const monitor: Monitor = { type: 'http', url: `http://127.0.0.1:${port}/`, ...times };
  expect(await lookAt(monitor)).toEqual({ state, why: expect.stringMatching(why) });
  for (const socket of sockets) socket.destroy();
  server.close();
});

test('a port is up where somebody listens, and down where nobody does', async () => {
  const server = createTcp((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const monitor: Monitor = { type: 'tcp', host: '127.0.0.1', port, ...times };
  expect(await lookAt(monitor)).toMatchObject({ state: 'up', took: expect.any(Number) });
  expect(
    await lookAt({ ...monitor, type: 'http', url: `http://127.0.0.1:${port}/` }),
  ).toMatchObject({
    state: 'down',
  });
  await new Promise((resolve) => server.close(resolve));
  expect(await lookAt(monitor)).toMatchObject({
    state: 'down',
    why: expect.stringContaining('ECONNREFUSED'),
  });
});
