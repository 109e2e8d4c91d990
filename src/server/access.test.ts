import { expect, test } from 'vitest';
import type { Problem } from '#api';
import { roles, routes } from '#api';
import { TestServer } from './fixtures/server.ts';

const problem = (body: unknown): Problem => body as Problem;

const tokenFor = async (
  server: TestServer,
  role: (typeof roles)[number],
  more: object = {},
): Promise<string> =>
  (await server.call('createToken', {}, { role, name: role, network: 'net', ...more })).token;

test.each(['status', 'pull', 'history', 'audit', 'listTokens'] as const)(
  'without a token nobody sees %s',
  async (name) => {
    await using server = await TestServer.start();
    const path = routes[name].path.replace(':network', 'net');
    const answer = await server.send('GET', path);
    expect(answer.status).toBe(401);
    expect(answer.type).toContain('application/problem+json');
    expect(problem(answer.body)).toMatchObject({ code: 'api/no-token', status: 401 });
  },
);

test('a viewer sees and changes nothing, an operator changes and gives no tokens', async () => {
  await using server = await TestServer.start();
  const [viewer, operator] = [await tokenFor(server, 'viewer'), await tokenFor(server, 'operator')];
  expect((await server.ask('status', {}, undefined, viewer)).status).toBe(200);
  expect(await server.ask('freeze', {}, { frozen: true }, viewer)).toMatchObject({
    status: 403,
    body: { code: 'api/forbidden' },
  });
  expect((await server.ask('freeze', {}, { frozen: true }, operator)).status).toBe(204);
  expect((await server.ask('listTokens', {}, undefined, operator)).status).toBe(403);
});

test('a token for one network opens no other, and nothing of the whole server', async () => {
  await using server = await TestServer.start();
  const files = { 'lab.yaml': 'version: 1\nnetwork: lab\noverlay: 10.9.0.0/24\n' };
  await server.call('createNetwork', { network: 'lab' }, { entry: 'lab.yaml', files });
  const admin = await tokenFor(server, 'admin');
  const elsewhere = await server.ask('status', { network: 'lab' }, undefined, admin);
  expect([elsewhere.status, problem(elsewhere.body).code]).toEqual([403, 'api/other-network']);
  expect((await server.ask('audit', {}, undefined, admin)).status).toBe(403);
  expect((await server.ask('listTokens', {}, undefined, admin)).status).toBe(403);
  expect(await server.call('listNetworks', {}, undefined, admin)).toMatchObject([
    { network: 'net' },
  ]);
});

test('a token that is revoked, over or used up opens nothing', async () => {
  let now = new Date('2026-01-01T00:00:00Z');
  await using server = await TestServer.start({ clock: () => now });
  const viewer = await tokenFor(server, 'viewer', { expires: '2026-01-01T01:00:00Z' });
  const other = await tokenFor(server, 'viewer', { name: 'other' });
  expect((await server.ask('status', {}, undefined, viewer)).status).toBe(200);
  now = new Date('2026-01-01T01:00:00Z');
  const late = await server.ask('status', {}, undefined, viewer);
  const detail = 'the token expired at 2026-01-01T01:00:00Z';
  expect([late.status, problem(late.body)]).toMatchObject([401, { detail }]);
  const { id = '' } =
    (await server.call('listTokens', {})).find(({ name }) => name === 'other') ?? {};
  expect((await server.ask('status', {}, undefined, other)).status).toBe(200);
  await server.call('revokeToken', { id });
  expect((await server.ask('status', {}, undefined, other)).status).toBe(401);
});

test('a token that is asked for again under one name is one, and only its last text opens anything', async () => {
  await using server = await TestServer.start();
  const headers = { 'idempotency-key': 'a-token-of-ada' };
  const body = { role: 'viewer', name: 'ben' };
  const ask = async () => {
    const sent = { token: server.admin, body, headers };
    const answer = await server.send('POST', '/v1/tokens', sent);
    return answer.body as { readonly token: string; readonly info: unknown };
  };
  const [lost, got] = [await ask(), await ask()];
  expect(got.info).toEqual(lost.info);
  const statusFor = async ({ token }: typeof got) =>
    (await server.ask('status', {}, undefined, token)).status;
  expect([await statusFor(lost), await statusFor(got)]).toEqual([401, 200]);
  expect((await server.call('listTokens', {})).filter(({ name }) => name === 'ben')).toHaveLength(
    1,
  );
  const made = (await server.call('audit', {})).filter(({ action }) => action === 'token-create');
  expect(made).toHaveLength(1);
});

test('what is shown of tokens opens nothing', async () => {
  await using server = await TestServer.start();
  const shown = JSON.stringify(await server.call('listTokens', {}));
  expect(shown).not.toMatch(/hash|[0-9a-f]{64}/);
});

test('ten thousand failed attempts are told to wait, and the right token is not kept out', async () => {
  await using server = await TestServer.start();
  const wrong = server.admin.replace(/.{4}$/, 'AAAA');
  const statuses = new Map<number, number>();
  for (let i = 0; i < 200; i++) {
    const { status } = await server
      .send('GET', '/v1/networks', { token: wrong })
      .catch(() => ({ status: 0 }));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect(statuses.get(401)).toBe(10);
  expect(statuses.get(429)).toBe(190);
  const { headers, body } = await server.send('GET', '/v1/networks', { token: 'no' });
  const { fix } = body as Problem;
  expect(fix).toContain(`Wait ${headers['retry-after'] ?? 'for ever'} seconds`);
  expect((await server.ask('listNetworks', {})).status).toBe(200);
});

test.each([
  ['is no JSON', '{', 400, 'api/invalid-request'],
  ['is too deep', '['.repeat(100_000), 413, 'api/too-large'],
  ['is too large', `"${'x'.repeat(17 * 1024 * 1024)}"`, 413, 'api/too-large'],
  ['makes a prototype', '{"__proto__":{"a":1}}', 400, 'api/invalid-request'],
  ['holds a NUL character', '{"role":"viewer","name":"a\\u0000b"}', 400, 'api/invalid-request'],
])('a body that %s is refused', async (_, body, status, code) => {
  await using server = await TestServer.start();
  const answer = await server.send('POST', '/v1/tokens', { token: server.admin, body });
  expect([answer.status, problem(answer.body).code]).toEqual([status, code]);
});

test.each(roles)('every role may be given: %s', async (role) => {
  await using server = await TestServer.start();
  expect(await tokenFor(server, role)).toMatch(new RegExp(`^hawser-${role}-`));
});

test('a server says how it is', async () => {
  await using server = await TestServer.start();
  expect(await server.send('GET', '/healthz')).toMatchObject({ status: 200 });
  expect(await server.send('GET', '/readyz')).toMatchObject({ status: 200 });
  expect((await server.send('GET', '/metrics')).status).toBe(401);
  await server.populate('anna');
  const { body } = await server.send('GET', '/metrics', { token: server.admin });
  expect(body).toContain('hawser_agents_connected{network="net"} 2');
  expect(body).toContain('hawser_agent_messages_sent_total{type="state"} 2');
});

test('a path that is not there is told so', async () => {
  await using server = await TestServer.start();
  const answer = await server.send('GET', '/v1/nothing');
  expect([answer.status, problem(answer.body).code]).toEqual([404, 'api/not-found']);
});
