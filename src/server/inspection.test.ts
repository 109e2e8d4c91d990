import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer } from './fixtures/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  await server.populate('anna', 'bob');
});
afterAll(async () => server[Symbol.asyncDispose]());

const get = async (path: string) =>
  server.send('GET', `/v1/networks/net/${path}`, { token: server.admin });

test('a tunnel is told with the keys of both its ends', async () => {
  const { body } = await get('tunnels/anna/hub');
  expect(body).toMatchObject({
    ends: [
      { machine: 'anna', publicKey: expect.stringMatching(/=$/), endpoint: '192.0.2.1:51820' },
      { machine: 'hub', publicKey: expect.stringMatching(/=$/) },
    ],
  });
  expect((await get('tunnels/anna/nobody')).status).toBe(404);
  expect((await get('tunnels/anna/anna')).status).toBe(404);
});

test('a flow is followed, and what makes no sense is refused with the reason', async () => {
  const found = await get('trace?from=anna&to=bob&port=tcp/22');
  expect(found.body).toMatchObject({ verdict: 'allow', port: 'tcp/22' });
  expect((found.body as { hops: unknown[] }).hops).toHaveLength(3);
  expect((await get('trace?from=anna&to=nobody')).body).toMatchObject({
    ...{ status: 422, code: 'compile/unknown-machine' },
  });
  expect((await get('trace?from=anna&to=bob&port=tcp/0')).body).toMatchObject({
    code: 'spec/bad-port',
  });
});

test('who gets where is told by machine', async () => {
  const { body } = await get('access');
  expect(body).toMatchObject({ groups: [['anna'], ['bob'], ['hub']] });
});
