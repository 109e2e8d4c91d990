import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { overlay, Star } from './star.ts';
import { joinToken, type Machine, serveAgain, settled, statusAt } from './world.ts';

const [backup, passphrase] = ['/run/home/net.backup', '/run/home/passphrase'];

interface Agent {
  readonly networks: readonly { readonly unreachable?: { readonly code: string } }[];
}

suite('a server that is restored from an older backup', { needs: ['root', 'netns', 'tun'] }, () => {
  let star: Star;
  let carol: Machine;
  beforeAll(async () => {
    star = await Star.open('t-older');
    star.hub.write(passphrase, 'correct horse battery');
    star.hub.must('backup', backup, '--passphrase-file', passphrase);
    carol = await star.world.machine('carol');
    carol.must('join', joinToken(star.hub));
    star.edit((text) => text.replace('topology:', 'defaults: { keepalive: 20 }\ntopology:'));
  });
  afterAll(() => star.close());

  test('finds its machines again in a new epoch, and no packet is lost between them', async () => {
    const before = statusAt(star.hub);
    const ping = star.alice.run('ping', '-i', '0.02', '-w', '60', overlay.bob);
    await until('packets flow', () => ping.output.includes('icmp_seq=20'));
    await star.server.end('SIGKILL');
    star.hub.do('rm -rf /var/lib/hawser-server');
    star.hub.must('restore', backup, '--passphrase-file', passphrase);
    star.server = await serveAgain(star.hub);
    const after = await settled(star.hub, 'hub', 'alice', 'bob');
    expect(after.revision.epoch).not.toBe(before.revision.epoch);
    expect(after.machines.map(({ name }) => name)).toEqual(['alice', 'bob', 'hub']);
    await ping.end('SIGINT');
    expect(ping.output).toMatch(/ 0% packet loss/);
  });

  test('cuts off whom it does not know, and lets it in again at once', async () => {
    // It comes back in its own time, and is told then.
    await until('it is told that nobody knows it', () => {
      const { networks } = JSON.parse(carol.must('agent', 'status', '--json')) as Agent;
      return networks[0]?.unreachable?.code === 'server/unknown-machine';
    });
    expect(carol.reaches(overlay.alice)).toBe(false);
    carol.must('join', joinToken(star.hub));
    await settled(star.hub, 'hub', 'carol');
    expect(star.hub.must('agent', 'show')).toContain('carol');
  });
});
