import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NewLoginProvider, oidcPath, parseToken } from '#api';
import { type Answer, TestServer } from '../fixtures/server.ts';
import { type Fault, TestProvider } from '../fixtures/testing-provider.ts';

const accounts = {
  vera: ['staff'],
  ben: ['staff', 'ops'],
  olga: ['ops'],
  lea: ['lab-ops'],
  eve: ['gardeners'],
  none: undefined,
};
const own = { 'sec-fetch-site': 'same-origin' };
let now = new Date();
let server: TestServer;
let provider: TestProvider;
let wish: NewLoginProvider;

beforeAll(async () => {
  server = await TestServer.start({ clock: () => now });
  const url = `https://127.0.0.1:${server.port}`;
  provider = await TestProvider.start(accounts, [`${url}${oidcPath}/callback`]);
  wish = {
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    roles: [
      { role: 'viewer', group: 'staff' },
      { role: 'operator', group: 'ops' },
      { role: 'operator', group: 'lab-ops', network: 'net' },
    ],
  };
  await server.call('putLoginProvider', {}, wish);
});
afterAll(async () => {
  await provider?.stop();
  await server?.[Symbol.asyncDispose]();
});

type Jar = Map<string, string>;
const header = (jar: Jar) => [...jar].map((pair) => pair.join('=')).join('; ');

/** As a browser asks: with its cookies, which the answer may change. */
async function ask(jar: Jar, path: string, method = 'GET', body?: unknown): Promise<Answer> {
  const headers = { cookie: header(jar), ...own };
  const answer = await server.send(method, path, { headers, ...(body !== undefined && { body }) });
  for (const cookie of answer.headers['set-cookie'] ?? []) {
    const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split('=');
    if (value === '') jar.delete(name);
    else jar.set(name, value);
  }
  return answer;
}

const pathOf = (address: string): string => {
  const { pathname, search } = new URL(address);
  return `${pathname}${search}`;
};

/** Where the browser comes back to from the provider. */
async function visit(jar: Jar, account: string, page = ''): Promise<string> {
  const sent = await ask(jar, `${oidcPath}${page && `?to=${encodeURIComponent(page)}`}`);
  expect(sent.status).toBe(303);
  return pathOf(await provider.visit(sent.headers.location ?? '', account));
}

/** Logs somebody in; where that leads to, and why not if it does not. */
async function logIn(account: string, page = '') {
  const jar: Jar = new Map();
  const answer = await ask(jar, await visit(jar, account, page));
  expect(answer.status).toBe(303);
  const info = await ask(jar, '/v1/login');
  return { jar, answer, failed: (info.body as { failed?: { detail: string } }).failed };
}

const session = async (jar: Jar) => ask(jar, '/v1/session');
/** Who fails so often as this suite does is also told to wait. */
const isOut = async (jar: Jar) => [401, 429].includes((await session(jar)).status);
const codeOf = ({ body }: Answer): unknown => (body as { readonly code?: string }).code;
const freeze = async (jar: Jar) => ask(jar, '/v1/networks/net/freeze', 'POST', { frozen: false });
const host = () => new URL(provider.issuer).host;

test('what does not prove who somebody is lets nobody in', async () => {
  const faults: Readonly<Record<string, Fault>> = {
    'another nonce': { claims: { nonce: 'x' } },
    'no nonce': { claims: { nonce: undefined } },
    'another key': { key: 'other' },
    'no signature': { key: 'none' },
    'a symmetric one': { header: { alg: 'HS256' } },
    expired: { claims: { exp: Math.floor(Date.now() / 1000) - 300 } },
    'for somebody else': { claims: { aud: 'another' } },
    'another issuer': { claims: { iss: 'https://evil.example' } },
    'nobody in it': { claims: { sub: undefined } },
  };
  for (const [what, fault] of Object.entries(faults)) {
    provider.fault = fault;
    const eve = await logIn('ben');
    expect(eve.failed?.detail, what).toMatch(/does not prove who you are: /);
    expect(await isOut(eve.jar), what).toBe(true);
  }
  provider.fault = undefined;
  expect((await logIn('ben')).failed).toBe(undefined);
});

test('who logs in at the provider may what his groups may, by the name that it gives him', async () => {
  const vera = await logIn('vera', '/n/net/file?x=1');
  expect(vera.answer.headers.location).toBe('/n/net/file?x=1');
  const cookies = vera.answer.headers['set-cookie'] ?? [];
  expect(cookies[0]).toMatch(
    /^__Host-hawser=[\w-]{43}; Max-Age=43200; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  );
  expect(cookies[1]).toMatch(/^__Host-hawser-login=; Max-Age=0;/);
  expect((await session(vera.jar)).body).toEqual({
    name: `vera (${host()})`,
    role: 'viewer',
    byProvider: true,
  });
  expect(codeOf(await freeze(vera.jar))).toBe('api/forbidden');
  const { jar: ben } = await logIn('ben');
  expect((await freeze(ben)).status).toBe(204);
  const audit = await server.call('audit', {});
  const login = audit.find(({ actor }) => actor === `ben (${host()})`);
  expect(login).toMatchObject({ action: 'login', detail: { subject: 'ben', group: 'ops' } });
  // In one network only, as a token.
  const { jar: lea } = await logIn('lea');
  expect((await session(lea)).body).toMatchObject({ role: 'operator', network: 'net' });
  expect((await freeze(lea)).status).toBe(204);
});

test('who is in no group that counts is told which he is in, and nobody lets him in', async () => {
  const eve = await logIn('eve', '//evil.example');
  expect(eve.answer.headers.location).toBe('/');
  expect(eve.failed?.detail).toBe(
    `eve (${host()}) is in no group that may do anything here; the provider tells as \`groups\`: gardeners`,
  );
  expect(await isOut(eve.jar)).toBe(true);
  // Told once.
  expect((await ask(eve.jar, '/v1/login')).body).toEqual({ provider: host() });
  expect((await logIn('none')).failed?.detail).toContain('tells nothing as `groups`');
});

test('an attempt is good in its browser, once, for ten minutes, with its own state', async () => {
  const jar: Jar = new Map();
  const back = await visit(jar, 'ben');
  const kept = new Map(jar);
  const fails = async (with_: Jar, path: string) => {
    expect((await ask(with_, path)).status).toBe(303);
    expect(await isOut(with_)).toBe(true);
  };
  await fails(new Map(), back);
  await fails(new Map([['__Host-hawser-login', 'x'.repeat(80)]]), back);
  await fails(new Map(kept), back.replace(/state=[^&]*/, 'state=another'));
  await fails(new Map(kept), back.replace(/code=[^&]*/, 'code=guessed'));
  await fails(new Map(kept), `${oidcPath}/callback`);
  const then = now;
  now = new Date(then.getTime() + 601_000);
  await fails(new Map(kept), back);
  now = then;
  // Two codes for one attempt, as who has its cookie may get: the second comes too late.
  const fresh: Jar = new Map();
  const sent = await ask(fresh, oidcPath);
  const codes = [1, 2].map(async () => provider.visit(sent.headers.location ?? '', 'ben'));
  const [first = '', second = ''] = await Promise.all(codes);
  const replay = new Map(fresh);
  expect((await ask(fresh, pathOf(first))).status).toBe(303);
  expect((await session(fresh)).status).toBe(200);
  await fails(new Map(replay), pathOf(first));
  await fails(new Map(replay), pathOf(second));
});

test('a browser that asks at another address begins where the provider knows the server', async () => {
  const headers = { host: 'other.example:7443', ...own };
  const sent = await server.send('GET', `${oidcPath}?to=/n/net/map`, { headers });
  const moved = sent.headers.location ?? '';
  expect(moved).toBe(`https://127.0.0.1:${server.port}${oidcPath}?moved=1&to=%2Fn%2Fnet%2Fmap`);
  const again = await server.send('GET', pathOf(moved), { headers });
  expect(again.headers.location).toMatch(`${provider.issuer}/auth?`);
});

test('it ends after twelve hours, with the token that it is, and with its provider', async () => {
  const { jar } = await logIn('ben');
  const then = now;
  now = new Date(then.getTime() + 12 * 3600 * 1000);
  expect(await isOut(jar)).toBe(true);
  now = then;
  expect((await session(jar)).status).toBe(200);

  const line = (await ask(jar, '/v1/session/token', 'POST', {})).body as { token: string };
  expect(parseToken(line.token).role).toBe('operator');
  await server.call('freeze', {}, { frozen: false }, line.token);
  const made = (await server.call('audit', {})).find(({ action }) => action === 'token-create');
  expect(made).toMatchObject({ actor: `ben (${host()})`, detail: { role: 'operator' } });
  const withToken = await server.send('POST', '/v1/session/token', { token: line.token, body: {} });
  expect(codeOf(withToken)).toBe('api/no-token');
  const own = (await server.call('listTokens', {})).filter(({ name }) => name.startsWith('ben '));
  const person = own.find(({ id }) => /^oidc-[0-9a-f]{16}$/.test(id));
  expect(own.map(({ person: of }) => of)).toContain(person?.id);
  await server.call('revokeToken', { id: person?.id ?? '' });
  expect(await isOut(jar)).toBe(true);
  expect((await server.ask('status', {}, undefined, line.token)).status).not.toBe(200);
  expect((await logIn('ben')).failed?.detail).toContain('was revoked');
  await server.call('readmitToken', { id: person?.id ?? '' }, {});
  expect((await server.ask('status', {}, undefined, line.token)).status).not.toBe(200);
  const back = await logIn('ben');
  expect(back.failed).toBe(undefined);

  // Set anew it is asked anew of everybody; without it nobody is.
  await server.call('putLoginProvider', {}, wish);
  expect(await isOut(back.jar)).toBe(true);
  const last = await logIn('ben');
  await server.call('removeLoginProvider', {});
  expect(await isOut(last.jar)).toBe(true);
  expect((await ask(new Map(), '/v1/login')).body).toEqual({});
  expect(codeOf(await ask(new Map(), oidcPath))).toBe('server/login-by-token-only');
  await server.call('putLoginProvider', {}, wish);
});

test('its secret is shown to nobody', async () => {
  const { provider: shown } = await server.call('loginProvider', {});
  expect(shown).toMatchObject({ hasSecret: true, groupsClaim: 'groups', label: host() });
  expect(JSON.stringify([shown, await server.call('audit', {})])).not.toContain('a secret of');
  const made = await server.call('createToken', {}, { role: 'operator', name: 'ann' });
  for (const name of ['loginProvider', 'removeLoginProvider'] as const)
    expect((await server.ask(name, {}, undefined, made.token)).status).toBe(403);
});

test('a provider is not set that is none, or not reached safely', async () => {
  const set = async (more: Partial<NewLoginProvider>) =>
    codeOf(await server.ask('putLoginProvider', {}, { ...wish, ...more }));
  expect(await set({ issuer: 'http://login.example.org' })).toBe('server/bad-login-provider');
  expect(await set({ issuer: 'https://a:b@login.example.org' })).toBe('server/bad-login-provider');
  expect(await set({ urls: ['http://hub.example.org'] })).toBe('server/bad-login-provider');
  expect(await set({ urls: ['https://hub.example.org/x'] })).toBe('server/bad-login-provider');
  expect(await set({ issuer: 'http://127.0.0.1:1' })).toBe('server/login-provider-silent');
  expect(await set({ issuer: `${provider.issuer}/none` })).toBe('server/login-unproven');
  const roles = [{ role: 'viewer', group: 'x', network: 'none' }] as const;
  expect(await set({ roles: [...roles] })).toBe('api/no-network');
  provider.saysOfItself = { issuer: 'https://evil.example' };
  expect(await set({ label: 'anew' })).toBe('server/login-unproven');
  provider.saysOfItself = {};
});

test('where two people are needed, who sets the provider is none of those whom it lets in', async () => {
  const two = await server.call('createToken', {}, { role: 'admin', name: 'two' });
  const { revision: base, entry, files } = await server.call('pull', {});
  const text = `${files[entry] ?? ''}approvals: 2\n`;
  await server.call('apply', {}, { entry, files: { ...files, [entry]: text }, base });
  await server.call('putLoginProvider', {}, wish);
  const { jar } = await logIn('olga');
  const held = await server.call('pull', {});
  const change = { entry, files: { ...held.files, [entry]: `# more\n${held.files[entry] ?? ''}` } };
  const { id, state } = await server.call('apply', {}, { ...change, base: held.revision });
  expect(state).toBe('held');
  const approve = async (one: Jar) =>
    ask(one, `/v1/networks/net/revisions/${id.number}/approve`, 'POST', {});
  expect(codeOf(await approve(jar))).toBe('server/second-person');
  const vouching = await server.ask('vouchLoginProvider', {}, {});
  expect(codeOf(vouching)).toBe('server/second-person');
  await server.call('vouchLoginProvider', {}, {}, two.token);
  const again = await logIn('olga');
  expect((await approve(again.jar)).status).toBe(200);
});

test('a provider that is away keeps nobody out who has a token; attempts outlive a server', async () => {
  const jar: Jar = new Map();
  const back = await visit(jar, 'vera');
  const { admin, data, port } = server;
  await server.stop();
  server = await TestServer.start({ data, clock: () => now, listen: { host: '127.0.0.1', port } });
  expect((await ask(jar, back)).status).toBe(303);
  expect((await session(jar)).body).toMatchObject({ name: `vera (${host()})` });

  await server.stop();
  await provider.stop();
  server = await TestServer.start({ data, clock: () => now, listen: { host: '127.0.0.1', port } });
  const other: Jar = new Map();
  expect((await ask(other, `${oidcPath}?to=/n/net`)).headers.location).toBe('/n/net');
  const { failed } = (await ask(other, '/v1/login')).body as { failed: { detail: string } };
  expect(failed.detail).toContain('does not answer as a provider of OpenID Connect: connect ECONN');
  expect((await session(jar)).status).toBe(200);
  const begun = await server.send('POST', '/v1/session', { token: admin, headers: own });
  expect(begun.status).toBe(200);
  // Told when the first server ended: whose logins failed, as far as the provider vouched for them.
  const events = await server.call('events', {}, undefined, admin);
  const told = events.filter(({ kind }) => kind === 'login-failed').map(({ text }) => text);
  expect(told.join()).toMatch(
    /\d+ logins failed, the last from 127\.0\.0\.1; among them eve \(127\.0\.0\.1:\d+\), none \(/,
  );
});
