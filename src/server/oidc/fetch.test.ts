import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateKey, issue, makeAuthority } from '../tls/issue.ts';
import { fetchBy } from './fetch.ts';

let server: Server;
let url: string;
let authority: string;
beforeAll(async () => {
  const made = await makeAuthority(new Date(), 86_400_000);
  const key = generateKey();
  const leaf = { key, names: ['127.0.0.1'], notAfter: new Date(Date.now() + 3_600_000) };
  const cert = await issue(made, leaf, new Date());
  authority = made.cert;
  server = createServer({ key, cert }, ({ url: path }, answer) => {
    if (path === '/moved') answer.writeHead(302, { location: '/' }).end();
    else if (path === '/large') answer.end('x'.repeat(2_000_000));
    else if (path === '/silent') answer.writeHead(200).flushHeaders();
    else answer.setHeader('content-type', 'application/json').end('{"issuer":"x"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const ask = async (address: string, by: string | undefined = authority, wait = 5_000) =>
  fetchBy(by)(address, {
    ...{ method: 'GET', headers: {}, body: undefined, redirect: 'manual' },
    signal: AbortSignal.timeout(wait),
  });

test('a provider is believed by the authority that is named, and by no other', async () => {
  const answer = await ask(url);
  expect([answer.status, await answer.json()]).toEqual([200, { issuer: 'x' }]);
  await expect(
    fetchBy(undefined)(url, { method: 'GET', headers: {}, body: undefined, redirect: 'manual' }),
  ).rejects.toThrow(/certificate/);
});

test('no redirect is followed, no answer without end is read, and nothing goes over an open wire', async () => {
  expect((await ask(`${url}/moved`)).status).toBe(302);
  await expect(ask(`${url}/large`)).rejects.toThrow('its answer is too large');
  await expect(ask(`${url}/silent`, authority, 50)).rejects.toThrow(/abort/i);
  await expect(ask('http://192.0.2.1/token')).rejects.toThrow('is not reached by https');
});
