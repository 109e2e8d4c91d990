import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Revision } from '#api';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { type Machine, type Running, serve, settled, statusAt, World } from './world.ts';

const patience = ['--confirm-within', '2s'];

suite('a change of both ends of a tunnel', { needs: ['root', 'netns', 'tun'] }, () => {
  let world: World;
  let hub: Machine;
  let alice: Machine;
  let server: Running;

  beforeAll(async () => {
    world = await World.open();
    hub = await world.machine('hub');
    alice = await world.machine('alice');
    const { program, joinToken } = await serve(hub, '--network', 't-both', ...patience);
    server = program;
    alice.start('agent', 'run', ...patience);
    await until('the agent answers', () => alice.hawser('agent', 'status').code === 0);
    alice.must('join', joinToken);
    await settled(hub, 'hub', 'alice');
  });
  afterAll(async () => {
    await server?.end('SIGKILL');
    await world?.close();
  });

  const history = (): readonly Revision[] =>
    JSON.parse(hub.must('history', '--json')) as readonly Revision[];
  const portOf = (machine: Machine): string => machine.do('wg show hw-t-both listen-port').trim();

  test('that cuts one end off from the server is taken back at both', async () => {
    // From now on the tunnel is the only way to the server, and the hub lets in this port alone.
    alice.must('agent', 'server', 'https://10.77.0.1:7443');
    await until('it comes through the tunnel', () =>
      statusAt(hub).machines.some(({ address }) => address === '10.77.0.2'),
    );
    hub.do('nft add table inet cut');
    hub.do('nft add chain inet cut input { type filter hook input priority 0 ; }');
    hub.do('nft add rule inet cut input iifname eth0 tcp dport 7443 drop');
    hub.do('nft add rule inet cut input iifname eth0 udp dport != 51820 drop');
    hub.must('pull', '/run/home/net.yaml');
    const text = hub.read('/run/home/net.yaml');
    const endpoint = `endpoint: "${hub.address}:`;
    const moved = text.replace(`${endpoint}51820"`, `port: 51999, ${endpoint}51999"`);
    hub.write('/run/home/net.yaml', moved);
    hub.must('apply', '/run/home/net.yaml', '--no-wait');
    await until('the hub listens elsewhere', () => portOf(hub) === '51999', 5_000, 20);
    const made = statusAt(hub).revision.number;
    await until('the server took it back', () => history()[0]?.author === 'hawser');
    const [back, change] = history();
    expect([back?.kind, change?.kind]).toEqual(['rollback', 'apply']);
    expect(back?.why).toContain(
      `revision ${made} is taken back to ${made - 1}: alice did not come back with it, and its tunnel hw-t-both with hub changed at both ends`,
    );
    await until('the hub listens where it did', () => portOf(hub) === '51820');
    await until('packets flow', () => alice.reaches('10.77.0.1'));
    await settled(hub, 'hub', 'alice');
    expect(statusAt(hub).machines.map(({ address }) => address)).toContain('10.77.0.2');
    hub.must('pull', '/run/home/net.yaml', '--force');
    expect(hub.read('/run/home/net.yaml')).toBe(text);
    expect(hub.must('status')).toContain(back?.why);
    expect(hub.must('audit')).toMatch(/hawser +t-both +take-back/);
  });
});
