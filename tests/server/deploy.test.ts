import { globSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeTemporaryFolder, repositoryRoot } from '../support/checkout.ts';
import { buildArchive } from '../support/packages.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { makeForeign } from './foreign.ts';
import { makeOperator, sshKeys, startSshd } from './sshd.ts';
import {
  joinToken,
  type Machine,
  overlayOf,
  type Running,
  settled,
  statusAt,
  World,
} from './world.ts';

const file = `version: 1
network: cluster
overlay: 10.77.0.0/24
topology: { hub: [office] }
defaults: { ssh: { user: root } }
sites:
  office: { gateways: { hub: { endpoint: "192.0.2.1:51820" } } }
members:
  gate: { ssh: { host: 192.0.2.2 } }
  inner: { ssh: { host: 192.0.2.3, via: gate } }
  third: { ssh: { host: 192.0.2.4, user: ann } }
  locked: { ssh: { host: 192.0.2.4, user: bob } }
  dead: { ssh: { host: 203.0.113.9 } }
  phone: { managed: false }
`;

interface Result {
  readonly machine: string;
  readonly outcome: string;
  readonly error?: { readonly code: string; readonly message: string; readonly fix: string };
}

/** Of what runs on these machines now. */
function commandLines(...machines: readonly Machine[]): string {
  const spaces = machines.map(({ box }) => readlinkSync(`/proc/${box.pid}/ns/pid`));
  return globSync('/proc/[0-9]*')
    .map((process) => lineOf(process, spaces))
    .join('\n');
}

function lineOf(process: string, spaces: readonly string[]): string {
  try {
    const isThere = spaces.includes(readlinkSync(`${process}/ns/pid`));
    return isThere ? readFileSync(`${process}/cmdline`, 'utf8') : '';
  } catch {
    return '';
  }
}

/** A folder of its own for what does not last, with this checkout still in its place if it lies there. */
function giveOwnTmp(machine: Machine): void {
  machine.do('mkdir /run/checkout');
  machine.do(`mount --bind ${repositoryRoot} /run/checkout`);
  machine.do('mount -t tmpfs tmpfs /tmp');
  machine.do(`mkdir -p ${repositoryRoot}`);
  machine.do(`mount --bind /run/checkout ${repositoryRoot}`);
}

suite('hawser deploy', { needs: ['root', 'netns', 'tun', 'sshd'] }, () => {
  let folder: string;
  let world: World;
  let hub: Machine;
  let gate: Machine;
  let inner: Machine;
  let third: Machine;
  let server: Running;

  beforeAll(async () => {
    folder = makeTemporaryFolder();
    buildArchive(folder);
    world = await World.open();
    hub = await world.machine('hub');
    gate = await world.machine('gate');
    inner = await world.machine('inner');
    third = await world.machine('third');
    const keys = sshKeys();
    makeOperator(hub, keys);
    for (const one of [gate, third]) makeForeign(one, 'curl', 'sudo');
    // It has nothing to fetch a package with, and lets nobody in who does not come over the gate.
    makeForeign(inner);
    giveOwnTmp(inner);
    await startSshd(gate, keys);
    await startSshd(inner, keys, `AllowUsers root@${gate.address}`);
    await startSshd(third, keys);
    // Nothing answers there, and nothing says so.
    hub.do(`ip route add 203.0.113.0/24 via ${third.address}`);
    hub.write('/run/home/net.yaml', file);
    server = hub.start('server', '--no-join', '--packages', folder);
    await until('the server serves', () => hub.hawser('network', 'list').code === 0);
  });
  afterAll(async () => {
    await server?.end('SIGKILL');
    await world.close();
    rmSync(folder, { recursive: true });
  });

  const deploy = (...flags: readonly string[]) =>
    hub.hawser('deploy', '/run/home/net.yaml', '--connect-within', '2s', ...flags);
  const resultsOf = (out: string): readonly Result[] => {
    const last = out.trimEnd().split('\n').at(-1) ?? '';
    return (JSON.parse(last) as { readonly results: readonly Result[] }).results;
  };
  const outcomes = (out: string): readonly string[] =>
    resultsOf(out).map(({ machine, outcome }) => `${machine} ${outcome}`);

  test('says who would be reached by which way, and does nothing', () => {
    const { code, out } = deploy('--dry-run');
    expect(code).toBe(0);
    expect(out).toContain('cluster would be made at the server');
    expect(out).toMatch(/^inner +has not joined +root@192\.0\.2\.3 over root@192\.0\.2\.2$/m);
    expect(out).toContain('phone is left out (managed: false)');
    expect(hub.must('network', 'list')).not.toContain('cluster');
  });

  test('makes the network, installs Hawser where it is not, and the machine joins', async () => {
    const running = hub.start('deploy', '/run/home/net.yaml', '--only', 'gate', '--json');
    let seen = '';
    await until('it ends', () => {
      seen += commandLines(hub, gate);
      return running.ended;
    });
    expect(outcomes(running.output), running.output).toEqual(['gate installed']);
    expect(running.output).toContain('{"network":"cluster","revision":1}');
    expect(gate.do('readlink /usr/local/bin/hawser').trim()).toBe('/opt/hawser/bin/hawser');
    await settled(hub, 'gate');
    expect(seen).toContain('hawser');
    expect(seen).not.toContain('hawser-join-');
  });

  test('gets to all others, over a gate and as who may use sudo; who fails stops nobody', async () => {
    hub.must('join', '--name', 'hub', joinToken(hub));
    const { code, out, err } = deploy('--json');
    expect(code, err).toBe(1);
    expect(outcomes(out), out).toEqual([
      'dead failed',
      'gate unchanged',
      'hub unchanged',
      'inner installed',
      'locked failed',
      'third installed',
    ]);
    expect(out).toContain('bringing hawser_');
    const [dead, , , , locked] = resultsOf(out);
    expect(dead?.error).toMatchObject({ code: 'deploy/unreachable' });
    expect(dead?.error?.message).toContain('Connection timed out');
    expect(locked?.error).toMatchObject({ code: 'deploy/no-root' });
    const status = await settled(hub, 'hub', 'gate', 'inner', 'third');
    for (const name of ['gate', 'third']) expect(inner.reaches(overlayOf(status, name))).toBe(true);
    expect(inner.do('find /tmp -maxdepth 1 -name tmp.*')).toBe('');
  });

  const good = ['--only', 'hub,gate,inner,third'];

  test('changes nothing the second time', () => {
    const { revision } = statusAt(hub);
    const pids = (): string => inner.must('agent', 'status', '--json');
    const before = pids();
    const { code, out } = deploy(...good, '--json');
    expect(code).toBe(0);
    expect(new Set(resultsOf(out).map(({ outcome }) => outcome))).toEqual(new Set(['unchanged']));
    expect(statusAt(hub).revision).toEqual(revision);
    expect(pids()).toBe(before);
  });

  /** Ends the agent of a machine, and waits until the server knows. */
  async function endAgent(machine: Machine): Promise<void> {
    const { pid } = JSON.parse(machine.must('agent', 'status', '--json')) as {
      readonly pid: number;
    };
    machine.do(`kill ${pid}`);
    const isAway = () =>
      statusAt(hub).machines.some(({ name, connected }) => name === machine.name && !connected);
    await until(`${machine.name} is away`, isAway);
  }

  test('starts an agent that was ended, and joins nobody again', async () => {
    await endAgent(third);
    const { revision } = statusAt(hub);
    expect(outcomes(deploy('--only', 'third', '--json').out)).toEqual(['third started']);
    expect(statusAt(hub).revision).toEqual(revision);
  });

  test('lets a machine that was installed anew take its own place only when a person says so', async () => {
    await endAgent(inner);
    inner.do('rm -r /var/lib/hawser');
    const [refused] = resultsOf(deploy('--only', 'inner', '--json').out);
    expect(refused?.error).toMatchObject({
      code: 'api/name-taken',
      fix: expect.stringContaining('hawser replace inner'),
    });
    hub.must('replace', 'inner', '--yes');
    const { code, out } = deploy('--only', 'inner');
    expect(code).toBe(0);
    expect(out).toMatch(/^inner +joined +0\.1\.0 +root@192\.0\.2\.3 over root@192\.0\.2\.2$/m);
  });

  test('is refused where the file is not what the network is', () => {
    hub.write('/run/home/net.yaml', `${file}groups: { all-gates: [gate] }\n`);
    const { code, err } = deploy(...good);
    expect(code).toBe(2);
    expect(err).toContain('cli/not-applied');
    expect(deploy(...good, '--apply').code).toBe(0);
    const misspelt = deploy('--only', 'gata');
    expect([misspelt.code, misspelt.err]).toEqual([2, expect.stringContaining('`gate`')]);
  });
});
