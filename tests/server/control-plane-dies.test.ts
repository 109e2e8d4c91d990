import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { overlay, Star } from './star.ts';
import type { Running } from './world.ts';
import { type Machine, serveAgain, settled } from './world.ts';

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
  beforeAll(async () => {
    star = await Star.open('t-dies');
  });
  afterAll(async () => {
    await rebooted?.end('SIGKILL');
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
  });
});
