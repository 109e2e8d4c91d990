import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseToken } from '#api';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { overlay, Star } from './star.ts';
import type { Running } from './world.ts';
import { joinToken, type Machine, serveAgain, settled } from './world.ts';

interface AgentStatus {
  readonly pid: number;
  readonly supervisor: { readonly pid: number };
  readonly networks: readonly { readonly complete: boolean }[];
}

const agentOf = (machine: Machine): AgentStatus =>
  JSON.parse(machine.must('agent', 'status', '--json')) as AgentStatus;

suite('a server that dies', { needs: ['root', 'netns', 'tun'] }, () => {
  let star: Star;
  let rebooted: Running | undefined;
  let standby: Machine;
  let elsewhere: Running | undefined;
  beforeAll(async () => {
    star = await Star.open('t-dies');
    standby = await star.world.machine('standby');
  });
  afterAll(async () => {
    await rebooted?.end('SIGKILL');
    await elsewhere?.end('SIGKILL');
    await star.close();
  });

  test('takes no packet with it', async () => {
    const ping = star.alice.run('ping', '-i', '0.02', '-c', '150', overlay.bob);
    await until('packets flow', () => ping.output.includes('icmp_seq=20'));
    await star.server.end('SIGKILL');
    await until('all are sent', () => ping.ended);
    expect(ping.output).toContain('150 packets transmitted, 150 received, 0% packet loss');
  });

  test('leaves agents that boot, reconcile and forward without it', async () => {
    const { pid, supervisor } = agentOf(star.hub);
    star.hub.do(`kill -9 ${supervisor.pid} ${pid}`);
    star.hub.do('ip link del hw-t-dies');
    star.hub.do('nft delete table inet hawser-t-dies');
    expect(star.alice.reaches(overlay.bob)).toBe(false);
    rebooted = star.hub.start('agent', 'run');
    await until('alice reaches bob through the hub', () => star.alice.reaches(overlay.bob));
    expect(agentOf(star.hub).networks.map(({ complete }) => complete)).toEqual([true]);
  });

  test('finds its agents again when it returns, and they follow it', async () => {
    star.server = await serveAgain(star.hub);
    await settled(star.hub, 'hub', 'alice', 'bob');
    star.edit((text) => `${text}policy:\n  - { from: [alice], to: [hub] }\n`);
    await until('alice is kept from bob', () => !star.alice.reaches(overlay.bob));
    expect(star.alice.reaches(overlay.hub)).toBe(true);
  });

  test('tells at its end, when asked to end, and comes back to the same network', async () => {
    const before = star.hub.must('history');
    await star.server.end('SIGTERM');
    star.server = await serveAgain(star.hub);
    expect(star.hub.must('history').split('\n').length).toBe(before.split('\n').length);
    // It has the address of its own tunnel by now, by which nobody new can come.
    expect(parseToken(joinToken(star.hub)).servers).toEqual([`https://${star.hub.address}:7443`]);
  });

  /** Carries a backup to another machine and serves from there; whoever is logged in here is there. */
  async function move(to: Machine, ...addresses: readonly string[]): Promise<Running> {
    const [passphrase, contexts] = ['/run/home/passphrase', '.config/hawser/contexts.json'];
    star.hub.write(passphrase, 'correct horse battery');
    star.hub.must('backup', '/run/home/b', '--passphrase-file', passphrase);
    await star.server.end('SIGKILL');
    const text = execFileSync('base64', [`/proc/${star.hub.box.pid}/root/run/home/b`]);
    to.write('/run/home/b64', text.toString());
    to.write(passphrase, 'correct horse battery');
    const folder = '/run/home/data';
    to.box.run(['sh', '-c', 'base64 -d /run/home/b64 > /run/home/b']);
    const said = to.must(
      ...['restore', '/run/home/b', '--data', folder, '--passphrase-file', passphrase],
      ...['--address', to.address],
    );
    expect(said).toContain(`hawser agent server https://${to.address}:7443`);
    to.do('mkdir -p /run/home/.config/hawser');
    to.write(`/run/home/${contexts}`, star.hub.read(`/run/home/${contexts}`));
    return serveAgain(to, '--data', folder, ...addresses.flatMap((one) => ['--address', one]));
  }

  test('comes back on another machine, and agents go there when they are told where', async () => {
    elsewhere = await move(standby, standby.address, star.hub.address);
    const url = `https://${standby.address}:7443`;
    const nowhere = star.alice.hawser('agent', 'server', 'https://127.0.0.1:7443');
    expect(nowhere.err).toContain('agent/no-connection');
    for (const machine of [star.hub, star.alice, star.bob]) {
      expect(machine.must('agent', 'server', url)).toMatch(/: connected\n/);
    }
    await settled(standby, 'hub', 'alice', 'bob');
    expect(star.alice.reaches(overlay.hub)).toBe(true);
  });

  test('is found by itself where it was announced before', async () => {
    const before = star.hub.must('agent', 'server');
    expect(before).toContain(`https://${star.hub.address}:7443`);
    await elsewhere?.end('SIGKILL');
    star.server = await serveAgain(star.hub, '--address', star.hub.address);
    await settled(star.hub, 'hub', 'alice', 'bob');
  });
});
