import { once } from 'node:events';
import { expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { Labs, machineTrace, processesOf } from './labs.ts';

const example = 'examples/three-clouds.yaml';

/** Moments pass quickly: they are asked for every 2 ms. */
const soon = (what: string, condition: () => boolean): Promise<boolean> =>
  until(what, condition, 30_000, 2);

/** Moments in the making of a lab, by what its folder holds. */
const moments: readonly (readonly [string, (labs: Labs) => boolean])[] = [
  ['its name is taken', (labs) => labs.readLab('half').id !== undefined],
  ['its keeper runs', (labs) => labs.readLab('half').keeper !== undefined],
  ['its first machine starts', (labs) => labs.filesOf('half').includes('s/0.log')],
  ['its last machine runs', (labs) => labs.filesOf('half').includes('s/7')],
  ['its server starts', (labs) => labs.filesOf('half').includes('server.log')],
  [
    'the first machine joins',
    (labs) => labs.filesOf('half').some((f) => f.endsWith('enrolment.json')),
  ],
  [
    'the first state is confirmed',
    (labs) => labs.filesOf('half').some((f) => f.endsWith('confirmed.json')),
  ],
];

interface Status {
  readonly machines: readonly { readonly name: string; readonly tunnels: readonly object[] }[];
}

suite('the life of a lab', { needs: ['netns', 'tun'] }, () => {
  test('two labs of one file live side by side, one without a server, and going down leaves nothing', () => {
    const before = machineTrace();
    using labs = new Labs();
    expect(labs.proof('up', example, '--name', 'one').mismatches).toEqual([]);
    expect(labs.proof('up', example, '--name', 'two', '--direct').mismatches).toEqual([]);
    const ids = ['one', 'two'].flatMap((name) => labs.readLab(name).id ?? []);
    expect(processesOf(labs, ids).length).toBeGreaterThan(10);
    expect(machineTrace()).toEqual(before);

    const ambiguous = labs.run('status');
    expect(ambiguous.code).toBe(2);
    expect(ambiguous.err).toContain('lab/which');
    expect(labs.run('up', example, '--name', 'one').err).toContain('lab/exists');

    labs.must('down', 'one');
    expect(labs.proof('prove', 'two').mismatches).toEqual([]);
    labs.must('down', 'two');
    expect(processesOf(labs, ids)).toEqual([]);
    expect(labs.filesOf('')).toEqual([]);
    expect(machineTrace()).toEqual(before);
  });

  test.each(moments)(
    'killed when %s, it is listed as broken and goes down whole',
    async (_, moment) => {
      const before = machineTrace();
      using labs = new Labs();
      const building = labs.start('up', example, '--name', 'half', '--no-proof');
      const gone = once(building, 'exit');
      await soon('the moment has come', () => moment(labs) || building.exitCode !== null);
      expect(building.exitCode).toBe(null);
      building.kill('SIGKILL');
      await gone;
      const { id = '' } = labs.readLab('half');

      expect(JSON.parse(labs.must('list', '--json'))).toMatchObject([
        { name: 'half', status: 'broken' },
      ]);
      expect(labs.run('status').err).toContain('lab/broken');
      labs.must('down', 'half');
      expect(processesOf(labs, [id])).toEqual([]);
      expect(labs.filesOf('')).toEqual([]);
      expect(machineTrace()).toEqual(before);
    },
  );

  test('an interrupted builder takes its lab away itself', async () => {
    using labs = new Labs();
    const building = labs.start('up', example, '--name', 'half', '--no-proof');
    const gone = once(building, 'exit');
    await soon('the first machine is there', () => labs.filesOf('half').includes('s/0'));
    const { id = '' } = labs.readLab('half');
    building.kill('SIGINT');
    expect(await gone).toEqual([130, null]);
    expect(processesOf(labs, [id])).toEqual([]);
    expect(labs.filesOf('')).toEqual([]);
  });

  test.each(['s/0', 's/7', 'spec'])(
    'Ctrl-C at a terminal, once there is %s, leaves nothing of the lab',
    async (file) => {
      using labs = new Labs();
      const building = labs.startAtTerminal('up', example, '--name', 'half', '--no-proof');
      const gone = once(building, 'exit');
      await soon(`${file} is there`, () => labs.filesOf('half').includes(file));
      const { id = '' } = labs.readLab('half');
      building.stdin?.write('\x03');
      expect(await gone).toEqual([130, null]);
      expect(processesOf(labs, [id])).toEqual([]);
      expect(labs.filesOf('')).toEqual([]);
    },
  );

  test('a lab that is being built can be taken down', async () => {
    using labs = new Labs();
    const building = labs.start('up', example, '--name', 'half', '--no-proof');
    const gone = once(building, 'exit');
    await soon('the first machine is there', () => labs.filesOf('half').includes('s/0'));
    const { id = '' } = labs.readLab('half');
    labs.must('down', 'half');
    await gone;
    expect(processesOf(labs, [id])).toEqual([]);
    expect(labs.filesOf('')).toEqual([]);
  });

  test('a lab whose keeper died is listed as gone and can be removed', () => {
    using labs = new Labs();
    labs.must('up', example, '--name', 'lost', '--no-proof', '--direct');
    process.kill(labs.readLab('lost').keeper ?? 0, 'SIGKILL');
    expect(JSON.parse(labs.must('list', '--json'))).toMatchObject([{ status: 'gone' }]);
    labs.must('down', 'lost');
    expect(labs.must('list')).toContain('no lab is up');
  });

  test('a lab that is up tells its file when it goes down, and where tunnels are when they are not', () => {
    using labs = new Labs();
    labs.must('up', example, '--name', 'it', '--no-proof', '--direct');
    labs.on('master', 'ip', 'link', 'del', 'wg0');
    const { machines } = JSON.parse(labs.must('status', '--json')) as Status;
    expect(machines.find(({ name }) => name === 'master')?.tunnels).toMatchObject([
      { device: 'wg0', there: false },
    ]);
    expect(labs.must('status')).toMatch(/^master .* no device wg0$/m);
    expect(labs.must('down')).toMatch(/^it is gone; its file was .*three-clouds\.yaml$/m);
  });

  test('a file that is wrong says so and builds nothing', () => {
    using labs = new Labs();
    const file = labs.file('x.yaml', 'version: 1\nnetwork: n\noverlay: 10.0.0.1/24\n');
    const { code, err } = labs.run('up', file);
    expect(code).toBe(1);
    expect(err).toContain('x.yaml:3:');
    expect(labs.must('list')).toContain('no lab is up');
  });

  test('questions about what is not there are answered with what is', () => {
    using labs = new Labs();
    expect(labs.run('status').err).toContain('lab/none');
    labs.must('up', example, '--name', 'it', '--no-proof', '--direct');
    expect(labs.run('status', 'its').err).toContain('did you mean it?');
    const wrong = labs.on('vpn-giesen', 'true');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('did you mean vpn-giessen?');
    expect(labs.run('cut', 'gisen').err).toContain('did you mean giessen?');
    expect(labs.run('cut', 'worker-1', 'worker-2').err).toContain('lab/nothing-between');
    expect(labs.run('cut', 'giessen', 'giessen').err).toContain('lab/nothing-between');
    expect(JSON.parse(labs.must('status', '--json')).cuts).toEqual([]);
    expect(labs.run('ping', 'master', 'master').err).toContain('lab/same-machine');
    expect(labs.run('reconcile', 'worker-1').err).toContain('it is a plain host');
    expect(labs.run('status', 'it', '--name', 'other').err).toContain('cli/two-labs');
    expect(labs.run('exec', 'master', '--name', 'it', '--', 'true').err).toContain(
      'cli/option-after-machine',
    );
    expect(labs.on('master', 'sh', '-c', 'exit 7').code).toBe(7);
    const told = labs.run('exec', '--json', 'master', '--', 'sh', '-c', 'hostname; exit 7');
    expect([told.code, JSON.parse(told.out)]).toEqual([
      7,
      { machine: 'master', status: 7, stdout: 'master\n', stderr: '' },
    ]);
    expect(labs.on('master', 'hostname').out.trim()).toBe('master');
    expect(labs.on('worker-1', 'ping', '-c', '1', '-W', '2', 'remote-giessen').code).toBe(0);
  });
});
