import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Machine, overlayOf, serve, statusAt, World } from '../server/world.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { AgentAt } from './agents.ts';

suite('the agent of a machine that joined', { needs: ['root', 'netns', 'tun'] }, () => {
  let world: World;
  let hub: Machine;
  let anna: Machine;
  let agent: AgentAt;
  let token: string;

  const kernel = (): string =>
    ['ip -4 -br address', 'ip -4 route show table all', 'wg show hw-home allowed-ips']
      .map((line) => anna.do(line))
      .join('\n');

  beforeAll(async () => {
    world = await World.open();
    hub = await world.machine('hub');
    anna = await world.machine('anna');
    agent = new AgentAt(anna);
    ({ joinToken: token } = await serve(hub));
  });

  afterAll(async () => {
    await world?.close();
  });

  test('is started by the join, which says what the machine got', () => {
    const said = anna.must('join', token, '--name', 'anna');
    expect(said).toMatch(/^anna in home: 10\.\S+/);
    expect(said).toMatch(/hub .* s ago/);
    expect(said).toMatch(/the agent runs as process \d+/);
    expect(anna.reaches(overlayOf(statusAt(hub), 'hub'))).toBe(true);
  });

  test.each([
    ['a route', 'ip route del table main unicast {overlay}'],
    ['an address', 'ip address flush dev hw-home'],
    ['the filter', 'nft delete table inet hawser-home'],
    ['the tunnel itself', 'ip link del hw-home'],
  ])('puts back within a second what somebody takes away: %s', async (_, line) => {
    await agent.until('is at rest', ({ complete }) => complete);
    const [before, filter] = [kernel(), anna.do('nft -s list ruleset')];
    const overlay = /(\S+) dev hw-home/.exec(anna.do('ip route show'))?.[1] ?? '';
    anna.do(line.replace('{overlay}', overlay));
    const since = performance.now();
    await until('it is there again', () => kernel() === before, 5_000);
    await until('the filter too', () => anna.do('nft -s list ruleset') === filter, 5_000);
    // What is not made by a peer's wireguard-go anew: one second, and what asking takes.
    expect(performance.now() - since).toBeLessThan(3_000);
  });

  test('tells the server what it put back', async () => {
    await until('the server knows', () => /remove|add|change/.test(hub.must('drift')));
    expect(hub.must('drift')).toMatch(/anna/);
  });

  test('changes nothing while it is paused, and says what differs', async () => {
    const whole = kernel();
    expect(anna.must('agent', 'pause', '--for', '1h')).toMatch(/^paused until /);
    anna.do('ip address flush dev hw-home');
    await until('it says so', () => /differs\n +add address/.test(agent.log()));
    expect(anna.do('ip -br address show dev hw-home')).not.toContain('10.');
    await until('the server knows', () => /anna.*paused/.test(hub.must('status')));
    anna.must('agent', 'resume');
    await until('all of it is put back', () => kernel() === whole);
  });

  test('is ended without a trace on the traffic, and finds all in place when it returns', async () => {
    const [before, peer] = [kernel(), overlayOf(statusAt(hub), 'hub')];
    await agent.kill();
    expect(anna.do('ps -eo args=')).not.toMatch(/nft monitor|ip -o monitor/);
    expect(anna.reaches(peer)).toBe(true);
    await agent.start();
    await agent.until('is connected', ({ connected, complete }) => connected && complete);
    expect(kernel()).toBe(before);
  });

  test('goes when it is told to leave, and takes all of ours along', async () => {
    expect(anna.must('leave')).toBe('left home\n');
    expect(anna.do('ip -br link')).not.toContain('hw-home');
    expect(anna.do('nft list ruleset')).not.toContain('hawser');
    expect(anna.do('ip route show table all')).not.toContain('proto 143');
    await until('the server knows', () => !hub.must('status').includes('anna'));
  });
});
