import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore, serverCertificate } from '#server';
import { overlay } from '../server/star.ts';
import { joinToken, type Machine, type Running, settled, statusAt } from '../server/world.ts';
import { repositoryRoot } from '../support/checkout.ts';
import { restamp } from '../support/packages.ts';
import { until } from '../support/until.ts';
import {
  commandsIn,
  type Examination,
  examine,
  examineAs,
  examineBy,
  expectOnly,
  fastBy,
  network,
  obey,
  resolvers,
  runBy,
  tunnel,
  type,
  type Ward,
} from './ward.ts';

const folder = '/var/lib/hawser';
const enrolment = `${folder}/enrolled/${network}/enrolment.json`;

/** ms: more than any of them takes on a machine that does much else. */
const patience = 60_000;

/** Looks until these are found and no others. */
const finds = (look: () => Examination, ...codes: readonly string[]): Promise<Examination> =>
  until(
    `the doctor finds ${codes.join(' ') || 'nothing'}`,
    () => {
      const examination = look();
      const isSo = examination.codes.join() === codes.map((code) => `doctor/${code}`).join();
      return isSo && examination;
    },
    patience,
  );

/** What is to be read of the first finding, and how the program ends. */
const readOf = ({ findings: [finding], code }: Examination): readonly unknown[] => [
  finding?.severity,
  code,
  finding?.message,
];

const commandsOf = ({ findings: [finding] }: Examination): readonly string[] =>
  finding ? commandsIn(finding) : [];

/** A minute less than WireGuard's sessions may be old: what is a little old already, is so by that clock. */
const someMinutesLater = fastBy(178);

const pidOfAgent = (machine: Machine): number =>
  (JSON.parse(machine.must('agent', 'status', '--json')) as { readonly pid: number }).pid;

/** Each thing is really so, what the doctor names is typed, and then it finds nothing. */
export function remedyStory(wardOf: () => Ward): void {
  let restart: Running | undefined;

  test('a peer whose tunnel is gone: nothing answers', () => {
    const { hub, alice } = wardOf().star;
    hub.must('agent', 'pause');
    hub.do(`ip link del ${tunnel}`);
    expectOnly(examine(alice, 'handshake', 'tunnel'), 'silent-tunnel');
  });

  test('an agent that ends again and again', async () => {
    const { alice } = wardOf().star;
    const key = alice.read(`${folder}/identity.key`);
    const pid = pidOfAgent(alice);
    alice.write(`${folder}/identity.key`, 'nothing of the kind\n');
    alice.do(`kill -KILL ${pid}`);
    const found = await finds(() => examine(alice, 'agent'), 'agent-crashes');
    expect(readOf(found)).toEqual(['error', 1, expect.stringMatching(/ended \d+ times in a row/)]);
    const [log = '', restart = ''] = commandsOf(found);
    expect(alice.do(log)).toContain('agent/no-identity');
    alice.write(`${folder}/identity.key`, key);
    type(alice, restart);
    await finds(() => examine(alice, 'agent', 'server'));
  });

  test('an agent that calls a server where that was', async () => {
    const { alice } = wardOf().star;
    const kept = alice.read(enrolment);
    alice.write(enrolment, kept.replaceAll(':7443', ':7444'));
    alice.must('agent', 'restart');
    await finds(() => examine(alice, 'server'), 'server-unreachable');
    alice.write(enrolment, kept);
    const found = expectOnly(examine(alice, 'server'), 'not-connected');
    expect(readOf(found)).toEqual([
      'error',
      1,
      expect.stringMatching(/is not connected: no connection to \S+:7444: .*REFUSED/),
    ]);
    obey(alice, found);
    await finds(() => examine(alice, 'server'));
  });

  test('an agent of another version than the program', async () => {
    const { star, scratch } = wardOf();
    const next = join(scratch, 'next');
    cpSync(join(repositoryRoot, 'dist'), next, { recursive: true });
    restamp(next, '9.9.9');
    const program = join(next, 'hawser.mjs');
    const found = expectOnly(examineBy(program, star.alice, 'agent'), 'agent-version');
    expect(readOf(found)).toEqual([
      'warning',
      0,
      expect.stringMatching(/of version 0.* of 9\.9\.9$/),
    ]);
    const [command = ''] = commandsOf(found);
    expect(runBy(program, star.alice, ...command.split(' ').slice(1)).code).toBe(0);
    expectOnly(examineBy(program, star.alice, 'agent'));
    obey(star.alice, expectOnly(examine(star.alice, 'agent'), 'agent-version'));
    expectOnly(examine(star.alice, 'agent'));
  });

  test('an agent that is there and does nothing: it is ended meanwhile', () => {
    const { bob } = wardOf().star;
    bob.do(`kill -STOP ${pidOfAgent(bob)}`);
    const found = expectOnly(examine(bob, 'agent'), 'agent-mute');
    expect(readOf(found)).toEqual([
      'error',
      1,
      expect.stringMatching(/did not answer within 10 s/),
    ]);
    const [command = ''] = commandsOf(found);
    restart = bob.start(...command.split(' ').slice(1));
  });

  test('a certificate of an operator that ends soon', async () => {
    const { bob } = wardOf().star;
    const store = await openStore({ data: wardOf().scratch });
    const write = async (daysAgo: number): Promise<Running> => {
      const now = new Date(Date.now() - daysAgo * 86_400_000);
      const { key, cert } = await serverCertificate(store, {
        names: [bob.address],
        clock: () => now,
      });
      bob.write('/run/tls.key', key);
      bob.write('/run/tls.crt', cert);
      const own = ['--tls-cert', '/run/tls.crt', '--tls-key', '/run/tls.key', '--no-join'];
      const server = bob.start('server', '--data', '/run/other-server', ...own);
      await until('it serves', () => server.output.includes('serving at'));
      return server;
    };
    const old = await write(86);
    const found = expectOnly(examine(bob, 'clock'), 'certificate-ends');
    expect(readOf(found)).toEqual(['warning', 0, expect.stringMatching(/7443 ends 20\d\d-/)]);
    expect(commandsOf(found)).toEqual([
      'systemctl restart hawser-server',
      '--tls-cert',
      '--tls-key',
    ]);
    await old.end('SIGTERM');
    const renewed = await write(0);
    expectOnly(examine(bob, 'clock'));
    await renewed.end('SIGTERM');
    await store.close();
    bob.do('rm -r /run/home/.config /run/other-server');
  });

  test('a peer that has not answered for minutes', async () => {
    const { hub, alice } = wardOf().star;
    const look = (): Examination => examineAs(someMinutesLater, alice, 'handshake');
    const found = await finds(look, 'old-handshake');
    expect(readOf(found)).toEqual([
      'error',
      1,
      expect.stringMatching(/^hub has not answered for \d+ min/),
    ]);
    expect(commandsOf(found)).toEqual(['hawser doctor', 'endpoint:']);
    // On the peer itself, as it says.
    const there = expectOnly(
      examine(hub, 'agent', 'port'),
      ...['agent-paused', 'agent-notes', 'tunnel-missing'],
    );
    obey(hub, there);
    await finds(() => examine(hub, 'agent', 'port'));
    await finds(look);
    expect(alice.reaches(overlay.hub)).toBe(true);
  });

  test('an agent that finds its place taken', async () => {
    const { alice } = wardOf().star;
    alice.must('agent', 'stop');
    alice.do(`ip link del ${tunnel}`);
    alice.do(`ip link add ${tunnel} type bridge`);
    alice.must('agent', 'start');
    const found = await finds(() => examine(alice, 'agent'), 'agent-fails');
    expect(readOf(found)).toEqual(['error', 1, expect.stringContaining('[host/interface-taken]')]);
    const [command = ''] = commandsOf(found);
    type(alice, command.replace('OTHER', 'foreign'));
    await finds(() => examine(alice, 'agent', 'port'));
    alice.do('ip link del foreign');
  });

  test('a revision that a person took back', async () => {
    const { hub, alice } = wardOf().star;
    const keepalive = 'defaults: { keepalive: 21 }\nmembers: ';
    wardOf().star.edit((text) => text.replace('members: ', keepalive));
    await settled(hub, 'alice');
    alice.must('agent', 'rollback');
    const found = expectOnly(examine(alice, 'agent'), 'quarantine');
    expect(readOf(found)).toEqual([
      'warning',
      0,
      expect.stringContaining('by a person or since they cut this machine off'),
    ]);
    obey(alice, found);
    await finds(() => examine(alice, 'agent'));
    await settled(hub, 'alice');
    wardOf().star.edit((text) => text.replace(keepalive, 'members: '));
  });

  test('and works again', async () => {
    const { bob } = wardOf().star;
    await until('the command is done', () => restart?.ended, patience);
    await finds(() => examine(bob, 'agent', 'server'));
  });

  test('a machine that nobody has let in yet', async () => {
    const { world, hub } = wardOf().star;
    const carol = await world.machine('carol');
    carol.must('join', joinToken(hub, '--approval'));
    const found = expectOnly(examine(carol, 'agent'), 'agent-waits');
    expect(readOf(found)).toEqual(['warning', 0, expect.stringContaining('waits to be let in')]);
    obey(hub, found);
    await finds(() => examine(carol, 'agent', 'server', 'handshake'));
    hub.must('remove', 'carol', '--yes');
    await until('it is gone', () => statusAt(hub).machines.every(({ name }) => name !== 'carol'));
  });

  test('a machine without a nameserver that needs a name', async () => {
    const { star } = wardOf();
    const { alice } = star;
    const [address, name] = ['"192.0.2.1:51820"', '"hub.example:51820"'];
    const look = (): Examination => examine(alice, 'resolver', 'names');
    star.edit((text) => text.replace(address, name));
    await until('alice has it', () =>
      alice.must('doctor', '--only', 'names').includes('hub.example'),
    );
    expectOnly(look());
    resolvers(alice);
    const found = expectOnly(look(), 'no-resolver', 'name-unresolved');
    expect(readOf(found)).toEqual(['error', 1, expect.stringContaining('names hub.example')]);
    const [command = ''] = commandsOf(found);
    type(alice, command.replace('ADDRESS', '192.0.2.1'));
    expectOnly(look());
    resolvers(alice);
    alice.box.run(['tee', '-a', '/etc/hosts'], { input: '192.0.2.1 hub.example\n' });
    expectOnly(look());
    resolvers(alice, '192.0.2.1');
    star.edit((text) => text.replace(name, address));
  });

  test('a server whose address the network itself routes', async () => {
    const { star } = wardOf();
    const inside = 'subnets: [192.0.2.1/32]\n    gateways:';
    star.edit((text) => text.replace('gateways:', inside));
    const found = await finds(() => examine(star.alice, 'server'), 'server-in-tunnel');
    expect(readOf(found)).toEqual([
      'warning',
      0,
      expect.stringContaining(`leads through ${tunnel}`),
    ]);
    expect(found.findings[0]?.fix).toMatch(/^Take 192\.0\.2\.1 out of .*, then `hawser apply`/);
    star.edit((text) => text.replace(inside, 'gateways:'));
    await finds(() => examine(star.alice, 'server'));
  });
}
