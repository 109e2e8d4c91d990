import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askAgent, joinNetwork, type SessionStatus } from '#agent';
import { formatToken, type NetworkStatus, parseToken } from '#api';
import { Secret } from '#base';
import { until } from '../support/until.ts';
import { FakeMachine } from './daemons.ts';
import { Server } from './servers.ts';

const isConfirmed = ({ confirmed, revision, complete }: SessionStatus): boolean =>
  complete && confirmed !== undefined && confirmed === revision;

let server: Server;
let hub: FakeMachine;
let anna: FakeMachine;

beforeEach(async () => {
  server = await Server.start();
  hub = new FakeMachine('hub');
  anna = new FakeMachine('anna');
  await hub.join(server.hubToken);
});

afterEach(async () => {
  for (const one of [hub, anna, server]) await one[Symbol.asyncDispose]();
});

/** Both joined, run, and are what the network says. */
async function bothIn(): Promise<void> {
  await anna.join(server.joinToken);
  await hub.start();
  await anna.start();
  await hub.until('confirmed', isConfirmed);
  await anna.until('confirmed', isConfirmed);
  await until('the hub knows anna', () => hub.peers.length === 1);
}

const addresses = (machine: FakeMachine): readonly string[] =>
  machine.kernel.of('addresses').map(({ item }) => item.address);

const mtuOf = (machine: FakeMachine): number | undefined =>
  machine.kernel.of('links').find(({ item }) => item.name === 'hw-net')?.item.mtu;

/** The hub is told of one machine more, and looks at its own network, which takes less by now. */
async function learn(joining: FakeMachine, mtu: number): Promise<void> {
  hub.resize(mtu);
  await joining.join(server.joinToken);
}

/** A member that the hub calls, and so measures its way to. */
const withEndpoint = ', ben: { endpoint: "192.0.2.2:51820" }';

const withAddress = (text: string, address: string, others = ''): string =>
  text.replace(/members:[^]*$/, `members: { anna: { overlay: ${address} }${others} }\n`);

describe('two machines that join', () => {
  test('know each other, and confirm what they were given', async () => {
    await bothIn();
    expect(anna.peers).toHaveLength(1);
  });

  test('have a change of the file within a second, and confirm it', async () => {
    await bothIn();
    const since = performance.now();
    await server.edit((text) => withAddress(text, '10.86.0.99'));
    await until('it is in the kernel', () => addresses(anna).includes('10.86.0.99/32'));
    expect(performance.now() - since).toBeLessThan(1_000);
    await anna.until('confirmed', ({ confirmed }) => (confirmed ?? 0) >= 3);
  });
});

describe('a server that goes away', () => {
  test('leaves the machines as they are; they boot without it and return when it does', async () => {
    await bothIn();
    const before = addresses(anna);
    await server.stop();
    await anna.reboot();
    const status = await anna.until('has all again', ({ complete }) => complete);
    expect(status).toMatchObject({
      connected: false,
      unreachable: { code: 'agent/no-connection' },
    });
    expect(addresses(anna)).toEqual(before);
    await server.restart();
    await anna.until('is connected', ({ connected }) => connected);
  });
});

describe('what others change', () => {
  test('is put back at the next look, and the server is told', async () => {
    await bothIn();
    await until('the way was measured, and the state says so', () =>
      anna.kernel.of('links').some(({ item }) => item.name === 'hw-net' && item.mtu === 1340),
    );
    await anna.stop();
    await anna.start({ resync: 200 });
    await anna.until('confirmed', isConfirmed);
    anna.kernel.remove('addresses', 'hw-net 10.86.0.2/32');
    await until('it is put back', () => addresses(anna).includes('10.86.0.2/32'));
    const told = async () => JSON.stringify(await server.call('drift'));
    await until('the server knows', async () => /anna.*add address/.test(await told()));
  });
});

describe('nothing is changed', () => {
  test('while the network is frozen; what the server wants by then comes with the thaw', async () => {
    await bothIn();
    await server.call('freeze', {}, { frozen: true });
    await anna.until('is frozen', ({ frozen }) => frozen);
    await server.edit((text) => withAddress(text, '10.86.0.99'));
    anna.kernel.remove('addresses', 'hw-net 10.86.0.2/32');
    await anna.stop();
    await anna.start();
    await until('it sees a difference', () => anna.lines.some((line) => /differs/.test(line)));
    expect(addresses(anna)).toEqual(['192.168.66.4/24']);
    await server.call('freeze', {}, { frozen: false });
    await until('it is as it should be', () => addresses(anna).includes('10.86.0.99/32'));
  });

  test('but a machine that boots meanwhile has again what it had', async () => {
    await bothIn();
    const before = addresses(anna);
    await server.call('freeze', {}, { frozen: true });
    await anna.until('is frozen', ({ frozen }) => frozen);
    await askAgent(anna.stateDir, { do: 'pause' });
    await anna.reboot();
    await anna.until('has all again', ({ complete }) => complete);
    expect(addresses(anna)).toEqual(before);
    expect(anna.peers).toHaveLength(1);
  });

  test('while a person paused the machine, also over a restart', async () => {
    await bothIn();
    await askAgent(anna.stateDir, { do: 'pause', seconds: 3600 });
    await server.edit((text) => withAddress(text, '10.86.0.99'));
    await until('the server knows', async () =>
      /paused/.test(JSON.stringify(await server.call('status'))),
    );
    await anna.stop();
    await anna.start();
    await anna.until('is connected', ({ connected }) => connected);
    expect(addresses(anna)).toContain('10.86.0.2/32');
    await askAgent(anna.stateDir, { do: 'resume' });
    await until('it is as it should be', () => addresses(anna).includes('10.86.0.99/32'));
  });
});

describe('a person on the machine', () => {
  test('goes back to what was before, and forward again', async () => {
    await bothIn();
    await server.edit((text) => withAddress(text, '10.86.0.99'));
    await anna.until('confirmed', ({ confirmed }) => (confirmed ?? 0) >= 3);
    await askAgent(anna.stateDir, { do: 'rollback', network: 'net' });
    expect(addresses(anna)).toContain('10.86.0.2/32');
    await until('the server knows', async () =>
      /quarantined/.test(JSON.stringify(await server.call('status'))),
    );
    expect(await anna.status()).toMatchObject({ quarantined: 1, complete: true });
    await askAgent(anna.stateDir, { do: 'resume' });
    await until('it is tried again', () => addresses(anna).includes('10.86.0.99/32'));
    await anna.until('confirmed', isConfirmed);
    expect(await server.call('drift'), 'nobody else changed anything').toEqual([]);
  });

  test('goes back to what was before the last change, and stays there whatever is learned', async () => {
    await bothIn();
    await server.edit((text) => withAddress(text, '10.86.0.99', withEndpoint));
    await until('it is done', () => addresses(anna).includes('10.86.0.99/32'));
    await using ben = new FakeMachine('ben');
    await learn(ben, 1380);
    await until('anna has what was learned', () => mtuOf(anna) === 1320);
    await anna.until('confirmed', isConfirmed);
    await askAgent(anna.stateDir, { do: 'rollback', network: 'net' });
    expect(addresses(anna)).toContain('10.86.0.2/32');

    await using carl = new FakeMachine('carl');
    await using dora = new FakeMachine('dora');
    const refusals = () => anna.lines.filter((line) => /rests on what was taken back/.test(line));
    await learn(carl, 1360);
    await until('more is learned, and refused', () => refusals().length > 0);
    const { length } = refusals();
    await anna.stop();
    await anna.start();
    await learn(dora, 1340);
    await until('it is refused by the next agent', () => refusals().length > length);
    expect(addresses(anna)).toContain('10.86.0.2/32');
    expect(await anna.status()).toMatchObject({ quarantined: 1, complete: true });

    await server.edit((text) => text.replace('10.86.0.99', '10.86.0.98'));
    await until('a later change is done', () => addresses(anna).includes('10.86.0.98/32'));
  });

  test('is known to have paused it, also where that is told while the agent connects anew', async () => {
    await bothIn();
    const asTold = async () => {
      const { machines } = (await server.call('status')) as NetworkStatus;
      return machines.find(({ name }) => name === 'anna');
    };
    for (let halfMs = 0; halfMs < 12; halfMs++) {
      const before = (await asTold())?.since;
      await askAgent(anna.stateDir, { do: 'resume' });
      // No condition tells that a greeting is on its way: any of these moments may be between it and its answer.
      await sleep(halfMs / 2);
      await askAgent(anna.stateDir, { do: 'pause' });
      await until('there is a new connection', async () => (await asTold())?.since !== before);
      await until('it is told of the pause', async () =>
        (await asTold())?.notes.some((note) => note.startsWith('paused')),
      );
    }
  });

  test('cannot go back where nothing was before', async () => {
    await bothIn();
    const asked = askAgent(hub.stateDir, { do: 'rollback', network: 'other' });
    await expect(asked).rejects.toThrow(expect.objectContaining({ code: 'agent/not-enrolled' }));
  });
});

describe('a machine that is no longer wanted', () => {
  test('takes away what is ours and does not return', async () => {
    await bothIn();
    await server.call('removeMachine', { machine: 'anna' });
    await until('all of it is gone', () => anna.peers.length === 0);
    await until('it is forgotten', async () => (await anna.status()) === undefined);
    expect(addresses(anna)).toEqual(['192.168.66.4/24']);
    await until('the hub forgot it', () => hub.peers.length === 0);
  });

  test('learns it when it returns, if it was away, also if a person paused it', async () => {
    await bothIn();
    await askAgent(anna.stateDir, { do: 'pause', seconds: 3600 });
    await anna.stop();
    await server.call('removeMachine', { machine: 'anna' });
    await anna.start();
    await until('it is forgotten', async () => (await anna.status()) === undefined);
    expect(anna.peers).toEqual([]);
  });
});

describe('a machine in two networks', () => {
  test('has both, unless they want the same: then the first stays, and the second says so', async () => {
    await bothIn();
    await using other = await Server.start('other');
    await using otherHub = new FakeMachine('hub');
    await otherHub.join(other.hubToken);
    await otherHub.start();
    await anna.join(other.joinToken);
    await askAgent(anna.stateDir, { do: 'reload' });
    const refused = await anna.until('is refused', ({ failures }) => failures.length > 0, 'other');
    expect(refused.failures.map(({ code }) => code)).toEqual([
      'host/port-taken',
      'host/route-taken',
    ]);
    expect(refused.revision).toBeUndefined();
    expect(anna.kernel.of('links').map(({ item }) => item.name)).toEqual(['eth0', 'hw-net']);
    expect(await anna.status()).toMatchObject({ complete: true, connected: true });
    await other.edit((text) =>
      text.replaceAll('10.86.', '10.87.').replace('{ anna: {} }', '{ anna: { port: 51999 } }'),
    );
    await anna.until('is in both', isConfirmed, 'other');
    expect(anna.kernel.of('tunnels').map(({ item }) => item.listenPort)).toEqual([51_820, 51_999]);
    await askAgent(anna.stateDir, { do: 'leave', network: 'other' });
    expect(anna.kernel.of('links').map(({ item }) => item.name)).toEqual(['eth0', 'hw-net']);
  });
});

describe('a machine that has to wait', () => {
  test('says so, and is let in without a word of its own', async () => {
    const { token } = (await server.call(
      'createToken',
      {},
      {
        role: 'join',
        name: 'slow',
        network: 'net',
      },
    )) as { readonly token: string };
    await anna.join(token);
    await anna.start();
    await anna.until('waits', ({ pending, connected }) => pending && connected);
    await server.call('approveMachine', { machine: 'anna' }, {});
    await anna.until('is in', (status) => !status.pending && isConfirmed(status));
  });
});

describe('a join', () => {
  /** Networks that a machine has keys for. */
  const keysIn = ({ stateDir }: FakeMachine): readonly string[] => {
    const folder = path.join(stateDir, 'keys');
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  const join = (token: string, name = 'anna') =>
    joinNetwork({ token, name, stateDir: anna.stateDir });

  test('with a token of another server key sends nothing and says so', async () => {
    const token = parseToken(server.joinToken);
    const wrong = formatToken({ ...token, pin: Buffer.alloc(32).toString('base64') });
    await expect(join(wrong)).rejects.toThrow(
      expect.objectContaining({ code: 'agent/wrong-server' }),
    );
    expect(keysIn(anna)).toEqual([]);
  });

  test('with a secret that nobody gave is refused', async () => {
    const wrong = formatToken({
      ...parseToken(server.joinToken),
      secret: new Secret('x'.repeat(43)),
    });
    await expect(join(wrong)).rejects.toThrow(
      expect.objectContaining({ code: 'api/unauthorized' }),
    );
    expect(keysIn(anna)).toEqual([]);
  });

  test('with a token of another kind, or none at all, is refused here', async () => {
    const admin = formatToken({ ...parseToken(server.joinToken), role: 'admin' });
    await expect(join(admin)).rejects.toThrow(
      expect.objectContaining({ code: 'agent/not-a-join-token' }),
    );
    await expect(join('hawser')).rejects.toThrow(
      expect.objectContaining({ code: 'api/token-malformed' }),
    );
  });

  test('under the name of another machine is refused', async () => {
    await expect(join(server.joinToken, 'hub')).rejects.toThrow(
      expect.objectContaining({ code: 'api/name-taken' }),
    );
  });

  test.each(['Anna', 'käthe', 'a b', '-', 'a'.repeat(64)])(
    'under the name %j is refused here',
    async (name) => {
      await expect(join(server.joinToken, name)).rejects.toThrow(
        expect.objectContaining({ code: 'agent/bad-name' }),
      );
    },
  );

  test('of a network whose name another one has here is refused, and costs nothing', async () => {
    await join(server.joinToken);
    await using other = await Server.start();
    await expect(join(other.joinToken)).rejects.toThrow(
      expect.objectContaining({ code: 'agent/joined-elsewhere' }),
    );
    await expect(join(server.joinToken)).resolves.toMatchObject({ machine: 'anna' });
  });

  test('tries the servers of its token in turn', async () => {
    const token = parseToken(server.joinToken);
    const servers = ['https://127.0.0.1:1', ...token.servers];
    await expect(join(formatToken({ ...token, servers }))).resolves.toMatchObject({
      network: 'net',
      machine: 'anna',
      enrolment: 'enrolled',
    });
    const alone = formatToken({ ...token, servers: ['https://127.0.0.1:1'] });
    await expect(join(alone)).rejects.toThrow(
      expect.objectContaining({ code: 'agent/no-connection' }),
    );
  });

  test('keeps its key where a server may have let it in, and where it is in already', async () => {
    const token = parseToken(server.joinToken);
    const alone = formatToken({ ...token, servers: ['https://127.0.0.1:1'] });
    await expect(join(alone)).rejects.toThrow('no connection');
    expect(keysIn(anna)).toEqual(['net']);
    await join(server.joinToken);
    const wrong = formatToken({ ...token, secret: new Secret('x'.repeat(43)) });
    await expect(join(wrong)).rejects.toThrow('token');
    expect(keysIn(anna)).toEqual(['net']);
  });
});
