import { afterAll, beforeAll, expect, test } from 'vitest';
import { oidcPath } from '#api';
import { PostgresCluster } from '../../../tests/support/postgres.ts';
import { suite } from '../../../tests/support/suite.ts';
import { TestServer } from '../fixtures/server.ts';
import { TestProvider } from '../fixtures/testing-provider.ts';

type Jar = Map<string, string>;

/** As a browser asks that has one jar of cookies for both servers: cookies are of a host, not of a port. */
async function ask(server: TestServer, jar: Jar, path: string, method = 'GET') {
  const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
  const headers = { cookie, 'sec-fetch-site': 'same-origin' };
  const answer = await server.send(method, path, { headers });
  for (const set of answer.headers['set-cookie'] ?? []) {
    const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=');
    if (value === '') jar.delete(name);
    else jar.set(name, value);
  }
  return answer;
}

suite('a login at two servers on one database', { needs: ['postgresql'] }, () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.open();
  });
  afterAll(async () => {
    await cluster.close();
  });

  test('begins at one and ends at the other, once, and holds at both until it ends at either', async () => {
    const database = cluster.url(await cluster.createDatabase());
    await using one = await TestServer.start({ database });
    await using two = await TestServer.start({ database });
    const url = `https://127.0.0.1:${one.port}`;
    await using provider = await TestProvider.start({ olga: ['ops'] }, [
      `${url}${oidcPath}/callback`,
    ]);
    const { issuer, clientId, clientSecret } = provider;
    const roles = [{ role: 'operator', group: 'ops' } as const];
    await one.call('putLoginProvider', {}, { issuer, clientId, clientSecret, roles });

    const jar: Jar = new Map();
    const sent = await ask(one, jar, oidcPath);
    expect(sent.status).toBe(303);
    const begun = new Map(jar);
    const { pathname, search } = new URL(await provider.visit(sent.headers.location ?? '', 'olga'));
    expect((await ask(two, jar, `${pathname}${search}`)).status).toBe(303);
    for (const server of [one, two]) {
      expect((await ask(server, jar, '/v1/session')).body).toMatchObject({ role: 'operator' });
    }
    // Whoever has seen all of it cannot do it again, at neither.
    for (const server of [one, two]) {
      const again = new Map(begun);
      await ask(server, again, `${pathname}${search}`);
      expect((await ask(server, again, '/v1/session')).status).toBe(401);
    }
    expect((await ask(one, new Map(jar), '/v1/session', 'DELETE')).status).toBe(204);
    expect((await ask(two, jar, '/v1/session')).status).toBe(401);
  });
});
