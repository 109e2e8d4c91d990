import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Delivery } from '#api';
import { PostgresCluster } from '../../tests/support/postgres.ts';
import { suite } from '../../tests/support/suite.ts';
import { until } from '../../tests/support/until.ts';
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
    more: Parameters<typeof TestServer.start>[0] = {},
  ): Promise<void> {
    const database = cluster.url(await cluster.createDatabase());
    await using one = await TestServer.start({ database, ...more });
    await using two = await TestServer.start({ database, ...more });
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

  test('a change of both ends is taken back by whichever leads, whoever heard of it', async () => {
    await withTwo(
      async (one, two, admin) => {
        await one.enrol(new Machine('hub'), one.hubToken);
        const anna = new Machine('anna');
        await two.call('join', {}, anna.joinRequest('net'), one.joinToken);
        const channel = await two.connect(anna);
        await channel.next('state');
        const { entry, files, revision } = await two.call('pull', {}, undefined, admin);
        const text = files[entry]?.replace(/endpoint: "(.*):51820"/, 'port: 5, endpoint: "$1:5"');
        const file = { entry, files: { ...files, [entry]: text ?? '' }, base: revision };
        const { id } = await two.call('apply', {}, file, admin);
        channel.report('reverted', await channel.until(({ rev }) => rev === id.number));
        await channel.until(({ rev }) => rev === id.number + 1);
        for (const server of [one, two]) {
          const { takenBack } = await server.call('status', {}, undefined, admin);
          expect(takenBack?.author).toBe('hawser');
        }
      },
      { confirm: 100 },
    );
  });

  test('somebody who is alerted by two servers hears each alert once', async () => {
    const heard: string[] = [];
    const hook = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { alerts } = JSON.parse(String(Buffer.concat(chunks))) as Delivery;
        heard.push(...alerts.map(({ text }) => text));
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await withTwo(async (one, two, admin) => {
      const { port } = hook.address() as AddressInfo;
      const target = { kind: 'webhook', url: `http://127.0.0.1:${port}/`, secret: 's' } as const;
      const receiver = { target, filter: { severity: 'info' } } as const;
      await two.call('putReceiver', { receiver: 'ops' }, receiver, admin);
      for (const [server, name] of [[one, 'anna'] as const, [two, 'bob'] as const]) {
        await server.call('join', {}, new Machine(name).joinRequest('net'), one.joinToken);
        await until(`${name} is told of`, () => heard.includes(`${name} joined`));
      }
      const { receivers } = await one.call('alerts', {}, undefined, admin);
      expect(receivers).toMatchObject([{ waiting: 0 }]);
    });
    expect(heard.toSorted()).toEqual(['anna joined', 'bob joined']);
    hook.close();
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

  test('of two applies that wait for a second person one is refused', async () => {
    await withTwo(async (one, two, admin) => {
      const ben = { role: 'operator' as const, name: 'ben' };
      await one.call('createToken', {}, ben, admin);
      const { entry, files, revision } = await one.call('pull', {}, undefined, admin);
      const by = (line: string, base: number) => ({
        entry,
        files: { ...files, [entry]: `${files[entry]}${line}\n` },
        base: { ...revision, number: base },
      });
      await one.call('apply', {}, by('approvals: 2', 1), admin);
      await until(
        'the other has heard of it',
        async () => (await two.call('status', {}, undefined, admin)).revision.number === 2,
      );
      const change = (keepalive: number) =>
        by(`approvals: 2\ndefaults: { keepalive: ${keepalive} }`, 2);
      const answers = await Promise.all([
        one.ask('apply', {}, change(7), admin),
        two.ask('apply', {}, change(8), admin),
      ]);
      expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409]);
      expect(await two.call('history', {}, undefined, admin)).toHaveLength(3);
    });
  });

  test('one request that comes to both is done once', async () => {
    await withTwo(async (one, two, admin) => {
      const { entry, files, revision } = await one.call('pull', {}, undefined, admin);
      const text = `${files[entry]}defaults: { keepalive: 7 }\n`;
      const body = { entry, files: { ...files, [entry]: text }, base: revision };
      const headers = { 'idempotency-key': 'a-request' };
      const answers = await Promise.all(
        [one, two].map(async (server) =>
          server.send('POST', '/v1/networks/net/apply', { token: admin, body, headers }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[0]?.body).toEqual(answers[1]?.body);
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
      for (const server of [one, two]) {
        const machines = await until('it knows all of them', async () => {
          const { machines } = await server.call('status', {}, undefined, admin);
          const enrolled = machines.filter(({ enrolment }) => enrolment === 'enrolled');
          return enrolled.length === names.length && machines;
        });
        expect(new Set(machines.map(({ overlay }) => overlay.join())).size).toBe(21);
      }
    });
  });

  test('of two machines that ask to join at two servers under one name the second is refused', async () => {
    await withTwo(async (one, two, admin) => {
      const made = { role: 'join', name: 'join', network: 'net', admits: false } as const;
      const { token } = await one.call('createToken', {}, made, admin);
      const names = Array.from({ length: 8 }, (_, i) => `m${i}`);
      const waiting = await Promise.all(
        names.map(async (name) => {
          const pair = [new Machine(name), new Machine(name)] as const;
          const answers = await Promise.all(
            [one, two].map((server, i) => {
              const request = (pair[i] as Machine).joinRequest('net');
              return server.ask('join', {}, request, token);
            }),
          );
          const codes = answers.map(({ body }) => (body as { readonly code?: string }).code);
          expect(codes).toContain('api/name-taken');
          return pair[codes.indexOf(undefined)];
        }),
      );
      for (const machine of waiting) {
        if (!machine) continue;
        await one.call('approveMachine', { machine: machine.name }, {}, admin);
        const channel = await two.connect(machine);
        expect((await channel.next('state')).state.machine).toBe(machine.name);
      }
    });
  });

  const machineAt = async (server: TestServer, name: string, admin: string) =>
    (await server.call('status', {}, undefined, admin)).machines.find((one) => one.name === name);

  test('each knows who is connected to the other, what it has, and that it went', async () => {
    await withTwo(async (one, two, admin) => {
      const anna = new Machine('anna');
      const channel = await one.enrol(anna);
      await channel.next('state');
      channel.report('confirmed');
      const place = `https://127.0.0.1:${one.port}`;
      await until('the other knows that it is there', async () => {
        const { connected, server, confirmed, wanted } =
          (await machineAt(two, 'anna', admin)) ?? {};
        return connected && server === place && confirmed === wanted;
      });
      channel.report('failed');
      await until(
        'it behaves',
        async () => (await machineAt(two, 'anna', admin))?.notes.length === 0,
      );
      channel.say({ type: 'seen', paused: '2030-01-01T00:00:00.000Z' });
      await until('it is told what the machine says', async () =>
        (await machineAt(two, 'anna', admin))?.notes.includes(
          'paused until 2030-01-01T00:00:00.000Z',
        ),
      );
      channel.close();
      await until('the other knows that it went', async () => {
        const machine = await machineAt(two, 'anna', admin);
        return machine?.connected === false;
      });
    });
  });

  test('agents are told where all of them are', async () => {
    await withTwo(async (one, two) => {
      const channel = await one.enrol(new Machine('anna'));
      const places = [one, two].map(({ port }) => `https://127.0.0.1:${port}`);
      let servers: readonly string[] = [];
      while (servers.length < 2) ({ servers } = await channel.next('trust'));
      expect(servers).toEqual(places);
    });
  });

  test('an upgrade that is ordered at the other reaches the agent, and both know what became of it', async () => {
    const packages = mkdtempSync(join(tmpdir(), 'hawser-packages-'));
    writeFileSync(join(packages, 'hawser_0.9.0_amd64.deb'), '');
    await withTwo(
      async (one, two, admin) => {
        const anna = new Machine('anna');
        const install = { kind: 'deb', architecture: 'amd64' } as const;
        await one.call('join', {}, anna.joinRequest('net'), one.joinToken);
        const channel = await one.connect(anna, { install });
        await channel.next('state');
        const upgradeAt = async (server: TestServer) =>
          (await machineAt(server, 'anna', admin))?.upgrade;
        await until(
          'the other knows that it is there',
          async () => (await machineAt(two, 'anna', admin))?.upgradable,
        );
        const orders = await Promise.all(
          [two, one, two].map(async (server) =>
            server.call('upgradeMachine', { machine: 'anna' }, { within: 7 }, admin),
          ),
        );
        const order = await channel.next('upgrade');
        expect(order).toMatchObject({ within: 7, packages: [{ version: '0.9.0' }] });
        expect(orders.map(({ id }) => id)).toEqual([order.id, order.id, order.id]);
        await until(
          'the other is told that it is under way',
          async () => (await upgradeAt(two))?.outcome === 'working',
        );
        // The new agent comes to the other server, and brings the word along.
        const upgrade = { id: order.id, version: '0.9.0', outcome: 'done' } as const;
        channel.close();
        await two.connect(anna, { install, program: '0.9.0', upgrade });
        for (const server of [one, two]) {
          await until(
            'it knows how it ended',
            async () => (await upgradeAt(server))?.outcome === 'done',
          );
        }
      },
      { packages },
    );
    rmSync(packages, { recursive: true });
  });

  test('a copy of a machine that comes to the other is refused, and told with both places', async () => {
    await withTwo(async (one, two, admin) => {
      const anna = new Machine('anna');
      const first = await one.enrol(anna);
      await first.next('state');
      await until(
        'it is known to the other',
        async () => (await machineAt(two, 'anna', admin))?.connected,
      );
      const copy = await two.connect(anna, { seen: { boot: 'another' } });
      const { error } = await copy.next('refused');
      expect(error.code).toBe('server/two-machines');
      expect(error.message).toContain(`127.0.0.1 (at https://127.0.0.1:${one.port})`);
      for (const server of [one, two]) {
        await until('it is shown', async () =>
          (await machineAt(server, 'anna', admin))?.notes.some((note) =>
            note.startsWith('clone: '),
          ),
        );
      }
      expect(first.closed).toBeUndefined();
      const clones = (await one.call('audit', {})).filter(({ action }) => action === 'clone');
      expect(clones).toHaveLength(1);
    });
  });

  test('a machine that was restarted and comes to the other is let in', async () => {
    await withTwo(async (one, two, admin) => {
      const anna = new Machine('anna');
      const first = await one.enrol(anna);
      await until(
        'it is known to the other',
        async () => (await machineAt(two, 'anna', admin))?.connected,
      );
      first.close();
      const second = await two.connect(anna, { seen: { boot: 'another' } });
      await second.next('state');
    });
  });

  test('one of them leads; when it ends, the other does, and tells that', async () => {
    const database = cluster.url(await cluster.createDatabase());
    const one = await TestServer.start({ database });
    const { admin } = one;
    await using two = await TestServer.start({ database });
    const told = async () => {
      const events = await two.call('events', {}, undefined, admin);
      return events.filter(({ kind }) => kind === 'failover').map(({ text }) => text);
    };
    expect(await told()).toEqual([]);
    const [from, to] = [one, two].map(({ port }) => `https://127.0.0.1:${port}`);
    await one[Symbol.asyncDispose]();
    const text = `the server at ${to} has taken over from the one at ${from}`;
    await expect.poll(told, { interval: 100, timeout: 30_000 }).toEqual([text]);
  });
});
