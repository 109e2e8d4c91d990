import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { assemble } from './server.ts';
import { openStore } from './store/index.ts';

const listen = { host: '127.0.0.1', port: 0 };

test('a route that names no permission is not served, also not to an admin', async () => {
  const data = mkdtempSync(join(tmpdir(), 'hawser-forgotten-'));
  const store = await openStore({ data });
  const log = pino({ level: 'silent' });
  const server = await assemble({ data, listen, addresses: ['127.0.0.1'], log }, store);
  server.app.get('/forgotten', async () => 'a secret');
  const { admin } = (await server.begin(7443)) ?? {};
  const headers = { authorization: `Bearer ${admin?.reveal()}` };
  const answer = await server.app.inject({ url: '/forgotten', headers });
  expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([500, 'api/internal']);
  expect(answer.body).not.toContain('a secret');
  await server.close();
  await store.close();
  rmSync(data, { recursive: true, force: true });
});

test('no token, key or signature reaches the log', async () => {
  const data = mkdtempSync(join(tmpdir(), 'hawser-log-'));
  const store = await openStore({ data });
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const firstNetwork = { network: 'net', machine: 'hub', endpoint: '192.0.2.1:51820' };
  const init = { data, listen, addresses: ['127.0.0.1'], log, firstNetwork };
  const server = await assemble(init, store);
  server.app.get('/broken', { config: { permission: 'read' } }, (request) => {
    throw new Error(`it failed at ${request.url}`);
  });
  const tokens = await server.begin(7443);
  for (const token of [tokens?.admin, tokens?.join]) {
    for (const url of ['/v1/tokens', '/v1/networks/none/status', '/broken']) {
      const headers = { authorization: `Bearer ${token?.reveal()}` };
      await server.app.inject({ url, headers });
      await server.app.inject({ url, method: 'POST', headers, payload: { token: 'x' } });
    }
  }
  const text = lines.join('');
  expect(text).toContain('it failed at /broken');
  for (const token of [tokens?.admin, tokens?.join]) {
    expect(text).not.toContain(token?.reveal().slice(-20));
  }
  expect(text).not.toContain('PRIVATE KEY');
  await server.close();
  await store.close();
  rmSync(data, { recursive: true, force: true });
});
