import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Topic } from '#api';
import { PostgresCluster } from '../../tests/support/postgres.ts';
import { suite } from '../../tests/support/suite.ts';
import { until } from '../../tests/support/until.ts';
import type { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';
import { Split } from './fixtures/testing-split.ts';
import { topicsAt } from './fixtures/topics.ts';

const more = `
monitors: { web: { type: http, url: "http://192.0.2.9/", from: anna } }
segments:
  lab:
    vni: 1203
    subnet: 10.101.0.0/24
    sites:
      hub: { pool: 10.101.0.2-10.101.0.99, port: eth1, dhcp: { address: 10.101.0.100, by: hawser } }
`;

suite('what agents tell that are split between two servers', { needs: ['postgresql'] }, () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.open();
  });
  afterAll(async () => {
    await cluster.close();
  });

  test('both servers say the same of tunnels, services and segments', async () => {
    await using split = await Split.open(cluster);
    const { one, both } = split;
    const { entry, files, revision: base } = await one.call('pull', {});
    const text = `${files[entry]}${more}`;
    await one.call('apply', {}, { entry, files: { ...files, [entry]: text }, base });
    split.hears('hub', 'anna', 3);
    split.hears('anna', 'hub', 3);
    split.hears('hub', 'bob', 200);
    split.hears('bob', 'hub', 200);
    const results = { web: { state: 'down', why: 'it answers with status 500', lasts: 60 } };
    split.agent('anna').say({ type: 'monitors', results });
    const segments = { 'hw-net-lab': { leases: 3, here: 5, elsewhere: 2, dropped: {} } };
    split.agent('hub').say({ type: 'segments', segments });

    const told = async (server: TestServer) => {
      const { monitors } = await server.call('monitors', {}, undefined, one.admin);
      const status = await server.call('status', {}, undefined, one.admin);
      const metrics = await server.send('GET', '/metrics', { token: one.admin });
      return {
        tunnels: await split.tunnels(server),
        monitors: monitors.map(({ at: _, since: __, ...rest }) => rest),
        segments: status.segments,
        metrics: String(metrics.body)
          .split('\n')
          .filter((line) => /^hawser_(tunnel|monitor|segment|machine_up)/.test(line)),
      };
    };
    for (const server of both) {
      await until('it tells all of it', async () => {
        const { tunnels, monitors, segments: found } = await told(server);
        const states = tunnels.map(({ state }) => state).join();
        const isTold = tunnels.every(({ ends }) => ends.every(({ tells }) => tells));
        return (
          isTold &&
          states === 'down,up' &&
          monitors[0]?.state === 'down' &&
          found?.[0]?.leases === 3
        );
      });
    }
    // A scrape may be answered with what was so half a second ago.
    const [first, second] = await until('they say the same', async () => {
      const [a, b] = await Promise.all(both.map(told));
      return isDeepStrictEqual(a, b) && [a, b];
    });
    expect(first).toEqual(second);
    expect(first?.tunnels[1]?.ends).toMatchObject([
      { machine: 'anna', tells: true, sample: { heard: 3 } },
      { machine: 'hub', tells: true, sample: { heard: 3 } },
    ]);
    expect(first?.metrics).toContain('hawser_tunnel_up{network="net",a="anna",b="hub"} 1');
    for (const server of both) {
      const [web] = (await server.call('monitors', {}, undefined, one.admin)).monitors;
      const age = Date.now() - Date.parse(web?.since ?? '');
      expect(age).toBeGreaterThanOrEqual(60_000);
      expect(age).toBeLessThan(75_000);
    }
    const events = await until('the service is told of', async () => {
      const all = await one.call('events', {});
      return all.some(({ service }) => service === 'web') && all;
    });
    expect(events.filter(({ service }) => service === 'web')).toHaveLength(1);
    const leaves = events.filter(({ kind }) => kind === 'down' || kind === 'up');
    expect(new Set(leaves.map(({ text }) => text)).size).toBe(leaves.length);
  });

  test('a page at one hears what an agent of the other tells, and that it went', async () => {
    await using split = await Split.open(cluster);
    const { one } = split;
    split.hears('anna', 'hub', 3);
    split.hears('hub', 'anna', 3);
    await until('it is up', async () => (await split.states(one))[0] === 'bob-hub unknown');
    await until('it is up', async () => (await split.states(one))[1] === 'anna-hub up');
    using page = await topicsAt(one, one.admin);
    await until('its first look is over', () => page.heard.includes('tunnels'));
    const next = async (topic: Topic, happens: () => void): Promise<number> => {
      page.heard.length = 0;
      const began = performance.now();
      happens();
      await until(`the page hears of ${topic}`, () => page.heard.includes(topic), 10_000, 5);
      return performance.now() - began;
    };
    const took = await next('monitors', () => {
      split.agent('anna').say({ type: 'monitors', results: { web: { state: 'up', lasts: 1 } } });
    });
    expect(took).toBeLessThan(5_000);
    await next('tunnels', () => split.hears('anna', 'hub', 200));
    await until('it is told', async () => (await split.states(one)).includes('anna-hub degraded'));
    await next('status', () => split.agent('anna').close());
  });

  test('what a machine told before it moved does not come before what it tells now', async () => {
    await using split = await Split.open(cluster);
    const { one, two, both } = split;
    const become = async (state: string): Promise<void> => {
      for (const server of both) {
        await until(`${state} there`, async () =>
          (await split.states(server)).includes(`anna-hub ${state}`),
        );
      }
    };
    split.hears('anna', 'hub', 200);
    split.hears('hub', 'anna', 3);
    await become('degraded');
    split.agent('anna').close();
    await become('up');
    // It comes to the server of the hub, and has told nothing there.
    await split.connect('anna', one);
    await until('two knows where it is', async () => {
      const { machines } = await two.call('status', {}, undefined, one.admin);
      return machines.find(({ name }) => name === 'anna')?.server?.endsWith(`:${one.port}`);
    });
    await become('up');
    split.hears('anna', 'hub', 300);
    await become('degraded');
    // And back again.
    split.agent('anna').close();
    await split.connect('anna', two);
    await until('one knows where it is', async () => {
      const { machines } = await one.call('status', {});
      return machines.find(({ name }) => name === 'anna')?.server?.endsWith(`:${two.port}`);
    });
    for (const server of both) {
      const tunnels = await split.tunnels(server);
      const [anna] = tunnels.find(({ ends }) => ends[0].machine === 'anna')?.ends ?? [];
      expect(anna).toEqual({ machine: 'anna', tells: false });
    }
    split.hears('anna', 'hub', 250);
    await become('degraded');
    const rows = `select server from told where what = 'samples'`;
    expect(await cluster.query(split.database, rows)).toHaveLength(2);
  });

  test('what a server was told that ended is not told on, and comes anew from where its agents go', async () => {
    await using split = await Split.open(cluster);
    const { one, two } = split;
    for (const [name, peer] of [
      ['anna', 'hub'],
      ['bob', 'hub'],
      ['hub', 'anna'],
      ['hub', 'bob'],
    ] as const) {
      split.hears(name, peer, 3);
    }
    const up = ['anna-hub up', 'bob-hub up'];
    await until('all are up', async () => (await split.states(one)).join() === up.join());
    await two.stop();
    await until('only the hub tells', async () => {
      const tunnels = await split.tunnels(one);
      return tunnels.every(({ ends }) => !ends[0].tells && ends[1].tells);
    });
    split.agent('hub').close();
    await until('nobody does', async () =>
      (await split.states(one)).every((state) => state.endsWith(' unknown')),
    );
    await split.connect('anna', one);
    split.hears('anna', 'hub', 3);
    await until('one does', async () => (await split.states(one)).includes('anna-hub up'));
  });

  test('a connection that is dead does not count again when its machine goes from another server', async () => {
    await using split = await Split.open(cluster);
    const { one, two } = split;
    const machine = split.machines.get('anna') as Machine;
    split.hears('anna', 'hub', 3);
    await until('it is told', async () => (await split.states(two)).includes('anna-hub up'));
    // Nothing is heard any more, nor answered.
    split.agent('anna').socket.pause();
    const alive = await one.connect(machine);
    await alive.next('state');
    await until('the other knows where it is', async () => {
      const { machines } = await two.call('status', {}, undefined, one.admin);
      return machines.find(({ name }) => name === 'anna')?.server?.endsWith(`:${one.port}`);
    });
    alive.close();
    await until('it is away', async () => {
      const { machines } = await two.call('status', {}, undefined, one.admin);
      return machines.find(({ name }) => name === 'anna')?.connected === false;
    });
  });

  test('a server that comes later knows what the other was told before', async () => {
    await using split = await Split.open(cluster);
    const { one, two } = split;
    await two.stop();
    split.hears('hub', 'anna', 3);
    await until('it is told', async () => (await split.states(one)).includes('anna-hub up'));
    await using late = await TestServer.start({ database: cluster.url(split.database) });
    await until('it knows', async () => (await split.states(late)).includes('anna-hub up'));
  });

  test('that a tunnel was up is known to both, and to a server that comes later', async () => {
    await using split = await Split.open(cluster);
    const { one, two, both } = split;
    const isMadeAnew = (): void =>
      split.agent('hub').say({ type: 'samples', peers: { anna: { rx: 0, tx: 0 } } });
    isMadeAnew();
    const saysAt = async (server: TestServer) =>
      (await split.tunnels(server)).find(({ ends }) => ends[0].machine === 'anna');
    const say = async (state: string, servers: readonly TestServer[]) =>
      until(`they say ${state}`, async () => {
        const found = await Promise.all(servers.map(saysAt));
        return found.every((tunnel) => tunnel?.state === state);
      });
    await say('never', both);
    split.hears('hub', 'anna', 0);
    await say('up', both);
    isMadeAnew();
    await say('down', both);
    await using late = await TestServer.start({ database: cluster.url(split.database) });
    await say('down', [late]);
    const [known, ...others] = await Promise.all([one, two, late].map(saysAt));
    expect(others.map((tunnel) => tunnel?.wasUp)).toEqual([known?.wasUp, known?.wasUp]);
    // The server to which nobody has come before takes over.
    await one.stop();
    split.agents.set('hub', await late.connect(split.machines.get('hub') as Machine));
    isMadeAnew();
    await say('down', [late, two]);
  });

  test('how tunnels went, and what all carried, is by the ends at both servers', async () => {
    await using split = await Split.open(cluster);
    const { one, both } = split;
    const says = (name: string, peer: string, rx: number, tx: number): void => {
      const none = [null, null, null];
      const series = {
        ...{ age: 0, rx: [rx, rx, rx], tx: [tx, tx, tx] },
        ...{ handshakes: none, rtt: none, loss: none },
      };
      const sample = { rx, tx, heard: 3, handshake: 3 };
      split
        .agent(name)
        .say({ type: 'samples', peers: { [peer]: sample }, series: { [peer]: series } });
    };
    // Both of the same steps, which are told apart in the middle of each.
    await until('a step is not over soon', () => (Date.now() / 1000 + 5) % 10 < 6);
    // Each end has missed something that the other counted.
    says('anna', 'hub', 100, 40);
    says('hub', 'anna', 30, 120);
    const to = new Date().toISOString();
    const from = new Date(Date.now() - 60_000).toISOString();
    const course = async (server: TestServer) => {
      const path = `/v1/networks/net/tunnels/anna/hub/history?from=${from}&to=${to}`;
      const { body } = await server.send('GET', path, { token: one.admin });
      const { there, back } = body as { readonly [_ in 'there' | 'back']: (number | null)[] };
      const known = (column: readonly (number | null)[]) => [...new Set(column)].filter((n) => n);
      return [known(there), known(back)];
    };
    const carried = async (server: TestServer): Promise<number> => {
      const { bytes } = await server.call('throughput', {}, undefined, one.admin);
      return bytes.reduce((sum: number, step) => sum + (step ?? 0), 0);
    };
    for (const server of both) {
      await until('both ends count', async () =>
        isDeepStrictEqual(await course(server), [[40], [120]]),
      );
      await until('all of it', async () => (await carried(server)) === 3 * 40 + 3 * 120);
    }
    // A server that comes later knows what the tunnels carried before.
    await using late = await TestServer.start({ database: cluster.url(split.database) });
    await until('all of it', async () => (await carried(late)) === 3 * 40 + 3 * 120);
  });

  test('what one is asked to have tried is tried by an agent of the other', async () => {
    await using split = await Split.open(cluster);
    const { one } = split;
    const anna = split.agent('anna');
    const asked = one.call('verify', {}, { from: 'anna' });
    const answer = ({ id, questions }: Awaited<ReturnType<typeof asking>>) => {
      const answers = questions.map((question) => ({
        id: question.id,
        outcome: 'answered',
        ms: 7,
      }));
      anna.say({ type: 'tried', id, answers });
    };
    const asking = async () => anna.next('try');
    answer(await asking());
    // Of what did not come as it should it is asked once more.
    void asking().then(answer, () => undefined);
    const { verified } = await asked;
    expect(verified.length).toBeGreaterThan(0);
    expect(verified[0]).toMatchObject({ to: expect.any(String), outcome: 'answered', ms: 7 });

    const left = one.ask('verify', {}, { from: 'bob' });
    const bob = split.agent('bob');
    await bob.next('try');
    bob.close();
    expect((await left).body).toMatchObject({ code: 'server/not-connected' });
    const gone = await one.ask('verify', {}, { from: 'bob' });
    expect(gone.body).toMatchObject({ code: 'server/not-connected' });
  });

  test('a server that has the database to itself puts nothing there', async () => {
    const database = await cluster.createDatabase();
    await using one = await TestServer.start({ database: cluster.url(database) });
    const agents = await one.populate('anna');
    const sample = { rx: 10, tx: 20, heard: 3, handshake: 3 };
    agents.get('hub')?.say({ type: 'samples', peers: { anna: sample } });
    await until('it is told', async () => (await one.call('tunnels', {})).counts['up'] === 1);
    const chunks = `select 1 from told`;
    expect(await cluster.query(database, chunks)).toEqual([]);
    await using two = await TestServer.start({ database: cluster.url(database) });
    await until('another came', async () => (await cluster.query(database, chunks)).length > 0);
    expect(two.port).not.toBe(one.port);
  });
});
