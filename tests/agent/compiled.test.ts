import { afterAll, beforeAll, expect, test } from 'vitest';
import { observeUnderlay } from '#agent';
import { emptyFacts, link, project } from '#compile';
import { countingRun, entered } from '#host';
import { loadNetwork } from '#spec';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { connect, TestMachine } from './machine.ts';

const file = (policy: string): string => `
version: 1
network: net
overlay: 10.99.0.0/24
topology: mesh
members:
  left: { endpoint: "203.0.113.1:51820", overlay: 10.99.0.1 }
  right: { endpoint: "203.0.113.2:51820", overlay: 10.99.0.2 }
${policy}`;

const echo = "require('node:net').createServer((s) => s.pipe(s)).listen(7000)";
/** Says a byte every 20 ms and prints a dot for each that comes back. */
const talk = `
  const s = require('node:net').connect(7000, '10.99.0.2');
  s.on('data', () => process.stdout.write('.')).on('error', () => {});
  setInterval(() => s.write('x'), 20);`;

suite('two machines on what the compiler says', { needs: ['netns', 'tun'] }, () => {
  let left: TestMachine;
  let right: TestMachine;

  const apply = async (policy: string): Promise<void> => {
    const reader = { read: () => file(policy), glob: () => [] };
    const { network } = loadNetwork('hawser.yaml', reader);
    if (!network) throw new Error('the test has a file with errors');
    const keyOf = (machine: TestMachine) => ({ '0': machine.store.publicKey('net', 0) });
    const keys = { left: keyOf(left), right: keyOf(right) };
    const model = link({ ...emptyFacts, keys, network, epoch: 'test', rev: 1 });
    for (const [name, machine] of [
      ['left', left],
      ['right', right],
    ] as const) {
      const report = await machine.apply(project(model, name));
      expect(report.failures).toEqual([]);
    }
  };

  beforeAll(async () => {
    [left, right] = [await TestMachine.open(), await TestMachine.open()];
    connect('eth0', [
      [left, ['203.0.113.1/24']],
      [right, ['203.0.113.2/24']],
    ]);
  });

  afterAll(async () => {
    await left.close();
    await right.close();
  });

  const denied = (): number =>
    Number(/packets (\d+)/.exec(right.do('nft list counter inet hawser-net deny'))?.[1]);

  test('a narrower policy ends a connection that it no longer allows, a wider one lets it go on', async () => {
    await apply('policy: [{ from: [all], to: [all] }]');
    right.box.start([process.execPath, '-e', echo]);
    await until('the server listens', () => right.do('ss -Hltn sport = 7000') !== '');
    const talker = left.box.start([process.execPath, '-e', talk]);
    await until('bytes come back', () => talker.output().length > 5);

    await apply('policy: [{ from: [all], to: [all], ports: [icmp] }]');
    await until('packets of the connection are refused', () => denied() > 1);
    const heard = talker.output().length;
    await until('more are refused', () => denied() > 3);
    expect(talker.output().length).toBe(heard);
    expect(left.do('ping -c1 -W2 10.99.0.2')).toContain(' 0% packet loss');

    await apply('policy: [{ from: [all], to: [all] }]');
    await until('bytes come back again', () => talker.output().length > heard);
  });

  test('a machine sees how large packets may be on its way to its peers', async () => {
    await apply('');
    left.do('ip link set eth0 mtu 1420');
    const inside = entered(countingRun().run, left.box.enter);
    const look = () => observeUnderlay('net', { stateDir: `${left.folder}/state`, run: inside });
    expect(await look()).toEqual({ machine: 'left', mtu: 1420 });
    left.do('ip route replace 203.0.113.2/32 dev eth0 mtu 1390');
    expect(await look()).toEqual({ machine: 'left', mtu: 1390 });
  });

  test('a machine to which nothing was applied says what to do first', async () => {
    await expect(observeUnderlay('other', { stateDir: `${left.folder}/state` })).rejects.toThrow(
      /nothing of a network other was applied/,
    );
  });
});
