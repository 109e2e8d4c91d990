import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Machine } from '../server/world.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';

interface Status {
  readonly pid: number;
  readonly supervisor?: {
    readonly pid: number;
    readonly restarts: number;
    readonly last?: { readonly how: string };
  };
}

const folder = '/var/lib/hawser';

suite('an agent where there is no systemd', { needs: ['root', 'netns', 'procps'] }, () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.open('alone', '192.0.2.1');
    machine.do('mount -t tmpfs tmpfs /etc/cron.d');
  });
  afterAll(async () => {
    await machine.box.close();
  });
  beforeEach(() => {
    machine.must('agent', 'start');
  });

  const status = (): Status => JSON.parse(machine.must('agent', 'status', '--json')) as Status;
  const supervisorOf = ({ supervisor }: Status): number => supervisor?.pid ?? 0;
  const waitFor = (what: string, is: (status: Status) => boolean): Promise<Status> =>
    until(what, () => {
      const now = status();
      return is(now) && now;
    });
  const running = (): string[] =>
    machine
      .do('ps -eo args=')
      .split('\n')
      .filter((line) => / agent (run|supervise)/.test(line));

  test('is back within seconds when it is killed, and says so', async () => {
    const before = status();
    const began = performance.now();
    machine.do(`kill -KILL ${before.pid}`);
    const after = await waitFor('another agent answers', ({ pid }) => pid !== before.pid);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(after.supervisor).toMatchObject({
      pid: supervisorOf(before),
      restarts: 1,
      last: { how: 'SIGKILL' },
    });
    expect(machine.must('agent', 'status')).toMatch(/started again once, after SIGKILL \d+ s ago/);
    expect(machine.read(`${folder}/agent.log`)).toContain('supervisor: the agent ended (SIGKILL)');
  });

  test('gets another supervisor when its own is killed', async () => {
    const before = status();
    machine.do(`kill -KILL ${supervisorOf(before)}`);
    const after = await waitFor('another supervisor watches', (now) =>
      Boolean(now.supervisor && supervisorOf(now) !== supervisorOf(before)),
    );
    machine.do(`kill -KILL ${after.pid}`);
    await waitFor('it brings the agent back', ({ pid }) => pid !== after.pid);
    await until('an agent and its supervisor run, and nobody else', () => running().length === 2);
  });

  test('that ends again and again is told with its reason, and runs when that is mended', async () => {
    machine.do(`mv ${folder}/identity.key ${folder}/kept`);
    machine.write(`${folder}/identity.key`, 'nonsense');
    machine.do(`kill -KILL ${status().pid}`);
    const said = await until('the loop is noticed', () => {
      const { code, err } = machine.hawser('agent', 'status');
      return code === 2 && err.includes('agent/crashes') && err;
    });
    expect(said).toMatch(/ended [34] times in a row, at last with exit code 2/);
    expect(machine.read(`${folder}/agent.log`)).toContain('error agent/no-identity');
    machine.do(`mv ${folder}/kept ${folder}/identity.key`);
    expect(machine.must('agent', 'start')).toMatch(/runs as process \d+/);
    await until('an agent and its supervisor run, and nobody else', () => running().length === 2);
  });

  test('tells what brings it back after a reboot, until that is there', () => {
    const said = machine.must('agent', 'start');
    const [, file = ''] = /the machine boots, (\S+) should say/.exec(said) ?? [];
    expect(said).toMatch(/agent start|agent "\$1"/);
    machine.write('/etc/cron.d/hawser-agent', '@reboot root hawser agent start\n');
    expect(file).toMatch(/^\/etc\//);
    expect(machine.must('agent', 'start')).not.toContain('boots');
    machine.do('rm /etc/cron.d/hawser-agent');
  });

  test('starts anew as another process, under another supervisor', async () => {
    const before = status();
    machine.must('agent', 'restart');
    const after = status();
    expect(after.pid).not.toBe(before.pid);
    await until('an agent and its supervisor run, and nobody else', () => running().length === 2);
  });

  test('ends with its supervisor when it is told to, and nobody else does', async () => {
    machine.must('agent', 'stop');
    expect(running()).toEqual([]);
    expect(machine.must('agent', 'stop')).toBe('no agent runs\n');
    expect(machine.hawser('agent', 'status').err).toContain('agent/not-running');
    // A number that was given out again: another process has it now.
    const other = machine.box.start(['sleep', '60']);
    const [pid = ''] = await until('it runs', () =>
      machine.do('pgrep -x sleep').trim().split('\n'),
    );
    const record = { pid: Number(pid), began: 1, boot: 'x', log: '-', restarts: 0, crashes: 0 };
    machine.write('/run/hawser/supervisor.json', JSON.stringify(record));
    expect(machine.must('agent', 'stop')).toBe('no agent runs\n');
    expect(machine.do('pgrep -x sleep').trim()).toBe(pid);
    expect(other.output()).toBe('');
  });

  test('ends for good when it is told to by kill(1)', async () => {
    machine.do(`kill ${status().pid}`);
    await until('both have ended', () => running().length === 0);
  });
});
