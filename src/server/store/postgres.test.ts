import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PostgresCluster } from '../../../tests/support/postgres.ts';
import { suite } from '../../../tests/support/suite.ts';
import { until } from '../../../tests/support/until.ts';
import { newRevision, type StoreFixture, storeCompliance } from './compliance.ts';
import { openStore } from './open.ts';
import { connectPostgres, listenerName } from './postgres.ts';
import { EngineStore } from './store.ts';

suite('PostgreSQL', { needs: ['postgresql'] }, () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.open();
  });
  afterAll(() => cluster.close());

  storeCompliance('PostgreSQL', async (): Promise<StoreFixture> => {
    const name = await cluster.createDatabase();
    return { open: () => openStore({ database: cluster.url(name) }), close: async () => {} };
  });

  const listening = async (name: string): Promise<number> => {
    const ofListeners = `from pg_stat_activity where application_name = '${listenerName}'
      and datname = '${name}' and query like '%leads'`;
    return (await cluster.query(name, `select 1 ${ofListeners}`)).length;
  };

  /** Two servers on one new database. */
  async function twoServers() {
    const name = await cluster.createDatabase();
    const open = () => openStore({ database: cluster.url(name) });
    const [one, two] = [await open(), await open()];
    await one.write((tx) => tx.createNetwork('net', 'e', newRevision('one')));
    await until('both listen', async () => (await listening(name)) === 2);
    const heard: (string | undefined)[] = [];
    two.onChange((network) => heard.push(network));
    const close = async () => {
      await Promise.all([one.close(), two.close()]);
    };
    return { name, one, two, heard, close };
  }

  test('what one server commits wakes the other, by the network’s name', async () => {
    const { one, two, heard, close } = await twoServers();
    await one.write((tx) => tx.addRevision('net', newRevision('two')));
    await until('the other has heard of it', () => heard.includes('net'));
    const network = await two.read((tx) => tx.network('net'));
    expect(network?.revision.number).toBe(2);
    await close();
  });

  test('a server whose listening connection was cut hears that it may have missed something', async () => {
    const { name, one, heard, close } = await twoServers();
    await cluster.query(
      name,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${listenerName}'
       and datname = '${name}'`,
    );
    await until('it listens again', () => heard.includes(undefined));
    await one.write((tx) => tx.setFrozen('net', true));
    await until('it hears again', () => heard.includes('net'));
    await close();
  });

  test('while the database is away work fails with its reason, and goes on when it is back', async () => {
    const { one, heard, close } = await twoServers();
    await cluster.stop();
    const unreadable = { code: 'server/store-unreadable' };
    await expect(one.read((tx) => tx.networks())).rejects.toMatchObject(unreadable);
    await expect(one.write((tx) => tx.setFrozen('net', true))).rejects.toMatchObject(unreadable);
    await cluster.start();
    await until('it listens again', () => heard.includes(undefined));
    await one.write((tx) => tx.addRevision('net', newRevision('two')));
    const network = await one.read((tx) => tx.network('net'));
    expect(network).toMatchObject({ frozen: false, revision: { number: 2 } });
    await close();
  });

  test('a server that died in the middle of a write leaves nothing, and the others go on', async () => {
    const { name, one, two, close } = await twoServers();
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    const dying = one.write(async (tx) => {
      await tx.addRevision('net', newRevision('half'));
      resolve();
      await until('its connection is gone', async () => {
        const rows = await cluster.query(
          name,
          'select 1 from pg_locks where mode = $$ExclusiveLock$$ and locktype = $$relation$$',
        );
        return rows.length === 0;
      });
      await tx.setFrozen('net', true);
    });
    // It may have failed before the database has answered who ended it.
    const failed = dying.then(
      () => 'nothing',
      (error: unknown) => error,
    );
    await reached;
    await cluster.query(
      name,
      `select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'
       and datname = '${name}'`,
    );
    expect(await failed).toMatchObject({ code: 'server/store-unreadable' });
    const next = await two.write((tx) => tx.addRevision('net', newRevision('two')));
    expect(next.number).toBe(2);
    await close();
  });

  /**
   * The way to the database, which is cut when a commit comes by: before PostgreSQL has it, or when it
   * has answered.
   */
  async function cutAtCommit(name: string, when: 'before' | 'after') {
    const { port, hostname } = new URL(cluster.url(name));
    let cuts = 0;
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      let cutting = false;
      const end = (): void => {
        near.destroy();
        far.destroy();
      };
      for (const side of [near, far]) side.on('error', end).on('close', end);
      near.on('data', (part) => {
        cutting = cuts === 0 && part.includes('commit\0');
        if (cutting) cuts++;
        if (cutting && when === 'before') end();
        else far.write(part);
      });
      far.on('data', (part) => {
        if (cutting) end();
        else near.write(part);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(cluster.url(name));
    url.port = String((server.address() as AddressInfo).port);
    return { url: url.href, cuts: () => cuts, close: () => void server.close() };
  }

  test.each([
    ['after', 'is told as done'],
    ['before', 'is told as not done'],
  ] as const)('a commit whose connection ends %s it %s', async (when, _) => {
    const name = await cluster.createDatabase();
    const direct = await openStore({ database: cluster.url(name) });
    await direct.write((tx) => tx.createNetwork('net', 'e', newRevision('one')));
    const way = await cutAtCommit(name, when);
    const engine = await connectPostgres(way.url);
    const store = new EngineStore(engine);
    expect(way.cuts()).toBe(0);
    const written = store.write((tx) => tx.addRevision('net', newRevision('two')));
    const there = async () => (await direct.read((tx) => tx.head('net')))?.revision.number;
    if (when === 'after') {
      expect(await written).toMatchObject({ number: 2 });
      expect(await there()).toBe(2);
    } else {
      await expect(written).rejects.toMatchObject({ code: 'server/store-unreadable' });
      expect(await there()).toBe(1);
    }
    expect(way.cuts()).toBe(1);
    await store.close();
    await direct.close();
    way.close();
  });

  test('a wrong address or password is said without the password', async () => {
    const wrong = openStore({ database: 'postgres://hawser:geheim@127.0.0.1:1/none' });
    const error = await wrong.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'server/store-unreadable' });
    expect(String(error)).not.toContain('geheim');
  });

  test('what is no address is said without the password too', async () => {
    for (const database of ['postgres://hawser:ge#heim@127.0.0.1/net', 'mysql://a:geheim@b/c']) {
      const error = await openStore({ database }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'server/bad-database-url' });
      expect(inspect(error)).not.toMatch(/heim/);
    }
  });
});
