import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TunnelsStatus } from '#api';
import { PostgresCluster } from '../support/postgres.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { byClock, setClock } from './clock.ts';
import { overlay } from './star.ts';
import { streamOf } from './stream.ts';
import { type Machine, type Running, settled, statusAt, World } from './world.ts';

const network = 't-apart';
const netFile = '/run/home/net.yaml';
const enrolment = `/var/lib/hawser/enrolled/${network}/enrolment.json`;

const file = (hub: Machine, keepalive: number): string => `version: 1
network: ${network}
overlay: 10.77.0.0/24
topology: { hub: [hub] }
defaults: { keepalive: ${keepalive} }
sites:
  hub: { gateways: { hub: { endpoint: "${hub.address}:51820", overlay: ${overlay.hub} } } }
members:
  alice: { overlay: ${overlay.alice} }
  bob: { overlay: ${overlay.bob} }
`;

/** Counts who connects to a server from another machine. */
const counter = `table inet count {
  counter calls {}
  chain input { type filter hook input priority 0; iifname eth0 tcp dport 7443 ct state new counter name calls; }
}`;

/** Keeps a machine from a server, over connections that are open, too. */
const cutOff = ({ address }: Machine): string => `table inet away {
  chain output { type filter hook output priority 0; ip daddr ${address} tcp dport 7443 reject with tcp reset; }
}`;

/** Leaves a machine's disk no room, or gives it some again. */
function fill(machine: Machine, is: 'full' | 'roomy'): void {
  const [, used = ''] = machine.do('df --output=used /var/lib').split('\n');
  const size = is === 'full' ? Number(used) : Number(used) + 10_000;
  machine.do(`mount -o remount,size=${size}k /var/lib`);
}

/** Two servers and their database, on machines of their own: what becomes of them is not in the way of packets. */
suite('a network beside its two servers', {
  needs: ['root', 'netns', 'tun', 'postgresql', 'faketime'],
}, () => {
  let cluster: PostgresCluster;
  let database: string;
  let world: World;
  let [one, two, hub, alice, bob] = [] as unknown as [Machine, Machine, Machine, Machine, Machine];
  let store: Machine;
  const programs = new Map<Machine, Running>();
  const agents = ['hub', 'alice', 'bob'] as const;

  async function serveAt(machine: Machine): Promise<void> {
    const place = ['--database', database, '--address', machine.address, '--no-join'];
    const program = machine.startAs(byClock, 'server', ...place);
    programs.set(machine, program);
    await until('the server serves', () => {
      if (program.ended) throw new Error(`the server ended: ${program.output}`);
      return program.output.includes('serving at');
    });
  }

  beforeAll(async () => {
    world = await World.open();
    one = await world.machine('one');
    two = await world.machine('two');
    hub = await world.machine('hub');
    alice = await world.machine('alice');
    bob = await world.machine('bob');
    store = await world.machine('store');
    cluster = await PostgresCluster.open({ pid: store.box.pid, address: store.address });
    database = cluster.url(await cluster.createDatabase());
    for (const machine of [one, two, alice]) setClock(machine, '+0');
    // At the one that starts first somebody is logged in.
    for (const machine of [two, one]) {
      machine.box.run(['nft', '-f', '-'], { input: counter });
      await serveAt(machine);
    }
    two.write(netFile, file(hub, 20));
    at(one, 'apply', netFile, '--create');
    const made = at(one, 'token', 'create', '--join', '--uses', '3', '--json');
    const { token } = JSON.parse(made) as { readonly token: string };
    // It would soon take back what it cannot confirm.
    bob.start('agent', 'run', '--confirm-within', '3s');
    await until('the agent of bob answers', () => bob.hawser('agent', 'status').code === 0);
    for (const machine of [hub, bob]) machine.must('join', token);
    const joined = alice.hawserAs(byClock, 'join', token);
    expect([joined.err, joined.code]).toEqual(['', 0]);
    await settled(two, ...agents);
  });
  afterAll(async () => {
    for (const program of programs.values()) await program.end('SIGKILL');
    await cluster?.close();
    await world?.close();
  });

  /** Hawser as an admin types it, for one of the servers. */
  function at(server: Machine, ...words: readonly string[]): string {
    const where = ['env', `HAWSER_SERVER=https://${server.address}:7443`];
    const { out, err, code } = two.hawserAs(where, ...words);
    expect([err, code], out).toEqual(['', 0]);
    return out;
  }

  /** Applies at one of the servers, and does not wait for the machines. */
  function apply(server: Machine, keepalive: number): void {
    two.write(netFile, file(hub, keepalive));
    at(server, 'apply', netFile, '--no-wait', '-m', `keepalive ${keepalive}`);
  }

  /** Resolves when the kernels of the members have what was applied. */
  const reaches = (keepalive: number, within: number): Promise<unknown> =>
    until(
      `alice and bob have a keepalive of ${keepalive} s`,
      () =>
        [alice, bob].every((member) =>
          member.do(`wg show hw-${network} persistent-keepalive`).endsWith(`\t${keepalive}\n`),
        ),
      within,
    );

  /** How many connections there were to both servers, from elsewhere. */
  const calls = (): number =>
    [one, two]
      .map((server) => server.do('nft list counter inet count calls'))
      .reduce((sum, text) => sum + Number(/packets (\d+)/.exec(text)?.[1]), 0);

  /** Packets flow while something goes on: none is lost, and afterwards no machine has anything to tell. */
  async function lossless(happens: () => Promise<unknown>): Promise<void> {
    const streams = [streamOf(alice, overlay.bob), streamOf(bob, overlay.hub)];
    await happens();
    const { machines } = await settled(two, ...agents);
    for (const { answered, lost } of await Promise.all(streams.map((one) => one.end()))) {
      expect(lost).toBe(0);
      expect(answered).toBeGreaterThan(50);
    }
    expect(machines.flatMap(({ notes }) => notes)).toEqual([]);
  }

  test('loses no packet when one is killed; what that acknowledged, and more, comes from the other', async () => {
    const before = calls();
    expect(at(two, 'status').match(/ at https:..192.0.2.1:7443/g)).toHaveLength(agents.length);
    await lossless(async () => {
      apply(one, 21);
      await programs.get(one)?.end('SIGKILL');
      await reaches(21, 10_000);
      apply(two, 22);
      await reaches(22, 10_000);
    });
    expect(calls() - before).toBeLessThanOrEqual(6 * agents.length);
    expect(at(two, 'pull')).toBe(file(hub, 22));
    expect(at(two, 'history')).toMatch(/3 .*keepalive 22\n2 .*keepalive 21\n1 /);
    await serveAt(one);
  });

  /** How each tunnel is by what one server says, and which of its ends tell. */
  function tunnelsAt(server: Machine): readonly string[] {
    const { tunnels } = JSON.parse(at(server, 'tunnels', '--json')) as TunnelsStatus;
    return tunnels
      .map(({ state, ends }) => {
        const telling = ends.flatMap(({ machine, tells }) => (tells ? machine : []));
        return `${ends.map(({ machine }) => machine).join('-')} ${state}, told by ${telling.join(', ')}`;
      })
      .toSorted();
  }

  test('says the same at both of agents that are split between them, and nothing that was when one is killed', async () => {
    const both = ['alice-hub up, told by alice, hub', 'bob-hub up, told by bob, hub'];
    await lossless(async () => {
      bob.box.run(['nft', '-f', '-'], { input: cutOff(two) });
      await until('bob is at the other server', () =>
        /bob .* at https:..192\.0\.2\.1:7443/.test(at(two, 'status')),
      );
      for (const server of [one, two]) {
        await until('both ends of both tunnels are told', () =>
          isDeepStrictEqual(tunnelsAt(server), both),
        );
      }
      await programs.get(one)?.end('SIGKILL');
      // Nothing is taken for granted of an agent whose server is gone.
      await expect
        .poll(() => tunnelsAt(two), { interval: 200, timeout: 30_000 })
        .toEqual([both[0], 'bob-hub up, told by hub']);
      expect(at(two, 'status')).not.toContain(' at https://192.0.2.1:7443');
      bob.do('nft delete table inet away');
      await until('it is heard again', () => isDeepStrictEqual(tunnelsAt(two), both));
      await serveAt(one);
      await until('one says so, too', () => isDeepStrictEqual(tunnelsAt(one), both));
    });
  });

  test('has a change in the end over lines that are slow, and takes nothing back', async () => {
    const before = calls();
    for (const server of [one, two]) world.slow(server, '16kbit');
    await lossless(() => {
      apply(two, 23);
      return reaches(23, 30_000);
    });
    for (const server of [one, two]) world.slow(server, undefined);
    expect(calls() - before).toBeLessThanOrEqual(4 * agents.length);
  });

  test('has a change over lines that come and go, and calls no more than they do', async () => {
    const before = calls();
    const times = 5;
    await lossless(async () => {
      const flapping = world.flap([one, two], times, 0.6);
      apply(two, 24);
      await until('the lines are there again', () => flapping.output().includes('done'));
      await reaches(24, 30_000);
    });
    expect(calls() - before).toBeLessThanOrEqual(times * agents.length);
  });

  test('goes on where clocks jump, of servers and machines; a token ends by the clock of the servers', async () => {
    const made = at(two, 'token', 'create', '--role', 'viewer', '--expires', '30d', '--json');
    const { token } = JSON.parse(made) as { readonly token: string };
    const asViewer = (): string => {
      const words = ['env', `HAWSER_TOKEN=${token}`];
      return bob.hawserAs(words, 'status').err;
    };
    expect(asViewer()).toBe('');
    await lossless(async () => {
      for (const server of [one, two]) setClock(server, '+100d');
      setClock(alice, '-20y');
      expect(asViewer()).toContain('api/unauthorized');
      // The change is confirmed by new connections, to certificates whose time has not come for alice.
      apply(two, 25);
      await reaches(25, 10_000);
      await settled(two, ...agents);
      const seen = (): string => alice.hawserAs(byClock, 'doctor', '--only', 'clock').out;
      expect(seen()).toMatch(/doctor\/clock/);
      expect(seen()).not.toMatch(/doctor\/certificate-time/);
      const kept = JSON.parse(alice.read(enrolment)) as object;
      alice.write(enrolment, JSON.stringify({ ...kept, pin: undefined }));
      expect(seen(), 'without a pin dates count').toMatch(/doctor\/certificate-time/);
      alice.write(enrolment, JSON.stringify(kept));
      for (const machine of [one, two, alice]) setClock(machine, '+0');
      apply(two, 26);
      await reaches(26, 10_000);
    });
    expect(asViewer()).toBe('');
  });

  test('goes on where the disk of a machine is full, says so, and writes it down when there is room', async () => {
    const failuresOf = (name: string): readonly string[] =>
      statusAt(two)
        .machines.filter((machine) => machine.name === name)
        .flatMap(({ failures }) => failures.map(({ code }) => code));
    await lossless(async () => {
      fill(alice, 'full');
      apply(two, 27);
      await reaches(27, 10_000);
      await until('it is said', () => failuresOf('alice').includes('agent/disk-full'));
      const { pid, supervisor } = JSON.parse(alice.hawser('agent', 'status', '--json').out) as {
        readonly pid: number;
        readonly supervisor: { readonly pid: number };
      };
      alice.do(`kill -9 ${supervisor.pid} ${pid}`);
      alice.start('agent', 'run');
      apply(two, 28);
      await reaches(28, 20_000);
      fill(alice, 'roomy');
      await until(
        'all is well',
        () => failuresOf('alice').length === 0 && alice.hawser('agent', 'status').code === 0,
      );
    });
    expect(alice.read(`/var/lib/hawser/enrolled/${network}/confirmed.json`)).toContain(
      '"keepalive":28',
    );
  });

  test('loses no packet when the hosts of one and of the database are gone without a word; it is said, and over when that is back', async () => {
    await lossless(async () => {
      world.cable(one, 'down');
      world.cable(store, 'down');
      two.write(netFile, file(hub, 29));
      const where = ['env', `HAWSER_SERVER=https://${two.address}:7443`];
      const refused = two.hawserAs(where, 'apply', netFile, '--no-wait');
      expect(refused.err).toContain('server/store-unreadable');
      world.cable(store, 'up');
      two.write(netFile, file(hub, 30));
      // One of the server's own writes may still wait for the host that was gone, before ours.
      await until(
        'the database is in use again',
        () => two.hawserAs(where, 'apply', netFile, '--no-wait', '-m', 'keepalive 30').code === 0,
        45_000,
      );
      await reaches(30, 45_000);
      world.cable(one, 'up');
    });
    await until('one knows it too', () => at(one, 'history').includes('keepalive 30'));
  });
});
