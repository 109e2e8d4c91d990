import { afterAll, beforeAll, expect, test } from 'vitest';
import { PostgresCluster } from '../../tests/support/postgres.ts';
import { suite } from '../../tests/support/suite.ts';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

suite('two servers on one PostgreSQL', { needs: ['postgresql'] }, () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.open();
  });
  afterAll(async () => {
    await cluster.close();
  });

  /** The first makes the network, the second finds it. */
  async function withTwo(
    work: (one: TestServer, two: TestServer, admin: string) => Promise<void>,
  ): Promise<void> {
    const database = cluster.url(await cluster.createDatabase());
    await using one = await TestServer.start({ database });
    await using two = await TestServer.start({ database });
    await work(one, two, one.admin);
  }

  test('what is changed at one reaches the agents of the other', async () => {
    await withTwo(async (one, two, admin) => {
      const hub = await one.enrol(new Machine('hub'), one.hubToken);
      const anna = new Machine('anna');
      await two.call('join', {}, anna.joinRequest('net'), one.joinToken);
      await hub.until((state) => JSON.stringify(state.tunnels).includes('"anna"'));
      const channel = await two.connect(anna);
      await channel.next('state');
      const { entry, files, revision } = await one.call('pull', {}, undefined, admin);
      const text = `${files[entry]}defaults: { keepalive: 7 }\n`;
      const file = { entry, files: { ...files, [entry]: text }, base: revision };
      await one.call('apply', {}, file, admin);
      await channel.until((state) => JSON.stringify(state).includes('"keepalive":7'));
    });
  });

  test('of two applies at two servers one is refused', async () => {
    await withTwo(async (one, two, admin) => {
      const { entry, files, revision } = await one.call('pull', {}, undefined, admin);
      const change = (keepalive: number) => ({
        entry,
        files: { ...files, [entry]: `${files[entry]}defaults: { keepalive: ${keepalive} }\n` },
        base: revision,
      });
      const answers = await Promise.all([
        one.ask('apply', {}, change(7), admin),
        two.ask('apply', {}, change(8), admin),
      ]);
      expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409]);
      expect(await two.call('history', {}, undefined, admin)).toHaveLength(2);
    });
  });

  test('many machines that join at two servers all join, and each has its address', async () => {
    await withTwo(async (one, two, admin) => {
      const names = Array.from({ length: 20 }, (_, i) => `m${i}`);
      await Promise.all(
        names.map(async (name, i) => {
          const server = i % 2 === 0 ? one : two;
          await server.call('join', {}, new Machine(name).joinRequest('net'), one.joinToken);
        }),
      );
      const { machines } = await one.call('status', {}, undefined, admin);
      const addresses = machines.map(({ overlay }) => overlay.join());
      expect(machines.filter(({ enrolment }) => enrolment === 'enrolled')).toHaveLength(20);
      expect(new Set(addresses).size).toBe(21);
    });
  });
});
