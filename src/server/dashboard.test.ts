import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, TestServer } from './fixtures/server.ts';

let server: TestServer;
let folder: string;
let now = new Date();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-web-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'main-ABC.js'), 'export {};'.repeat(100));
  writeFileSync(join(folder, 'secret.txt'), 'no part of the dashboard');
  server = await TestServer.start({ dashboard: folder, clock: () => now });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const session = '/v1/session';
const status = '/v1/networks/net/status';
const own = { 'sec-fetch-site': 'same-origin' };

/** Logs in with a token; the cookie as a browser sends it. */
async function logIn(token = server.admin): Promise<string> {
  const answer = await server.send('POST', session, { token, headers: own });
  expect(answer.status).toBe(200);
  const [said = ''] = answer.headers['set-cookie'] ?? [];
  return said.split(';')[0] ?? '';
}

const ask = async (cookie: string, path = status, more: Record<string, string> = own) =>
  server.send('GET', path, { headers: { cookie, ...more } });

const codeOf = ({ body }: Answer): unknown => (body as { readonly code?: string }).code;

const makeToken = async () =>
  server.call('createToken', {}, { role: 'viewer', name: 'vera', network: 'net' });

test('a token becomes a session in a cookie that no script and no other site can read', async () => {
  const answer = await server.send('POST', session, { token: server.admin, headers: own });
  expect(answer.body).toEqual({ name: 'admin', role: 'admin' });
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(
    /^__Host-hawser=[\w-]{43}; Max-Age=604800; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  );
  const [value = ''] = cookie.split(';');
  expect((await ask(value)).status).toBe(200);
  expect((await ask(`other=1; ${value}`, session)).body).toMatchObject({ name: 'admin' });
  const audit = await server.call('audit', {});
  expect(audit.some(({ action }) => action === 'login')).toBe(true);
  // What is kept does not let anybody in.
  const kept = JSON.stringify(audit);
  expect(kept).not.toContain(value.split('=')[1]);
});

test('a session may what its token may, and begins no other', async () => {
  const made = await makeToken();
  const cookie = await logIn(made.token);
  const post = { headers: { cookie, ...own }, body: { frozen: true } };
  expect(codeOf(await server.send('POST', '/v1/networks/net/freeze', post))).toBe('api/forbidden');
  expect(codeOf(await server.send('POST', session, post))).toBe('api/no-token');
  const joining = await server.send('POST', session, { token: server.joinToken, headers: own });
  expect(codeOf(joining)).toBe('api/forbidden');
});

test('no page of another site uses it', async () => {
  const cookie = await logIn();
  const freeze = async (headers: Record<string, string>) =>
    server.send('POST', '/v1/networks/net/freeze', {
      headers: { cookie, ...headers },
      body: { frozen: false },
    });
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    {},
  ] as Record<string, string>[]) {
    expect(codeOf(await freeze(headers))).toBe('api/cross-site');
  }
  expect((await freeze(own)).status).toBe(204);
  expect((await freeze({ origin: `https://127.0.0.1:${server.port}` })).status).toBe(204);
  expect(codeOf(await ask(cookie, status, { 'sec-fetch-site': 'cross-site' }))).toBe(
    'api/cross-site',
  );
  const away = { headers: { cookie, 'sec-fetch-site': 'cross-site' } };
  expect(codeOf(await server.send('DELETE', session, away))).toBe('api/cross-site');
});

test('it ends when its browser logs out, when its token is revoked, and by itself', async () => {
  const left = await logIn();
  const answer = await server.send('DELETE', session, { headers: { cookie: left, ...own } });
  expect(answer.headers['set-cookie']?.[0]).toMatch(/^__Host-hawser=; Max-Age=0;/);
  expect((await ask(left)).status).toBe(401);

  const made = await makeToken();
  const revoked = await logIn(made.token);
  expect((await ask(revoked)).status).toBe(200);
  await server.call('revokeToken', { id: made.info.id });
  expect((await ask(revoked)).status).toBe(401);

  const old = await logIn();
  const then = now;
  now = new Date(then.getTime() + 7 * 24 * 3600 * 1000);
  expect((await ask(old)).status).toBe(401);
  now = then;
});

test('the page and its files come with their types, a strict policy, and as long as they hold', async () => {
  for (const path of ['/', '/login', '/n/net/machines/anna']) {
    const page = await server.send('GET', path);
    expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect(page.headers).toMatchObject({
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    });
    const policy = page.headers['content-security-policy'];
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  }
  const script = await server.send('GET', '/assets/main-ABC.js', {
    headers: { 'accept-encoding': 'gzip' },
  });
  expect(script.type).toBe('text/javascript; charset=utf-8');
  expect(script.headers).toMatchObject({
    'cache-control': 'public, max-age=31536000, immutable',
    'content-encoding': 'gzip',
  });
  for (const path of [
    '/assets/secret.txt',
    '/assets/..%2f..%2fpackage.json',
    '/assets/none.js',
    '/x',
  ]) {
    expect((await server.send('GET', path)).status).toBe(404);
  }
});

test('a page hears at once that an agent came, and what to ask for again', async () => {
  const cookie = await logIn();
  const heard = new Promise<string>((resolve, reject) => {
    const path = '/v1/networks/net/events';
    const headers = { cookie, ...own };
    const options = {
      host: '127.0.0.1',
      port: server.port,
      path,
      headers,
      rejectUnauthorized: false,
    };
    const sent = request(options, (response) => {
      expect(response.headers['content-type']).toBe('text/event-stream');
      response.setEncoding('utf8').on('data', (text: string) => {
        if (!text.includes('data:')) return void server.populate();
        resolve(text);
        sent.destroy();
      });
    });
    sent.on('error', reject);
    sent.end();
  });
  const topics: unknown = JSON.parse((await heard).replace('data: ', ''));
  expect(topics).toEqual(expect.arrayContaining(['status', 'tunnels', 'monitors']));
});

test('one connection carries what many open pages listen to, what they ask, and ends with the server', async () => {
  await using other = await TestServer.start({ dashboard: folder });
  const page = connect(`https://127.0.0.1:${other.port}`, { rejectUnauthorized: false });
  const authorization = `Bearer ${other.admin}`;
  const asked = (path: string) =>
    page.request({ ':path': path, authorization, ...own }).setEncoding('utf8');
  const heard = Array.from({ length: 20 }, () => {
    const stream = asked('/v1/networks/net/events');
    return new Promise<string>((resolve) => {
      stream.on('data', (text: string) => void (text.includes('data:') && resolve(text)));
    });
  });
  const answer = await asked(status).toArray();
  expect(JSON.parse(answer.join(''))).toMatchObject({ network: 'net' });
  await other.populate('anna');
  expect(await Promise.all(heard)).toHaveLength(20);
  const gone = once(page, 'close');
  await other.stop();
  await gone;
});

test('who may not look hears nothing', async () => {
  expect((await server.send('GET', '/v1/networks/net/events')).status).toBe(401);
  const cookie = await logIn();
  expect((await ask(cookie, '/v1/networks/none/events')).status).toBe(404);
});

test('who guesses sessions is told to wait; who asks whether he has one guesses nothing', async () => {
  for (let asked = 0; asked < 12; asked++) {
    expect((await server.send('GET', session)).status).toBe(401);
  }
  const guesses = Array.from({ length: 12 }, async (_, index) => ask(`__Host-hawser=${index}`));
  const statuses = (await Promise.all(guesses)).map((answer) => answer.status);
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
});
