import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { overlay, Star } from './star.ts';
import { joinToken, type Machine, settled, statusAt } from './world.ts';

suite('a network that follows its file', { needs: ['root', 'netns', 'tun'] }, () => {
  let star: Star;
  let carol: Machine;
  beforeAll(async () => {
    star = await Star.open('t-follow');
  });
  afterAll(() => star.close());

  const filterOf = (machine: 'alice' | 'bob'): string =>
    star[machine].do('nft -s list table inet hawser-t-follow');

  test('has a change in the kernels within a second of its acknowledgement', async () => {
    expect(star.alice.reaches(overlay.bob)).toBe(true);
    const before = { alice: filterOf('alice'), bob: filterOf('bob') };
    const isNew = (name: 'alice' | 'bob') => filterOf(name) !== before[name];
    star.edit((text) => `${text}policy:\n  - { from: [alice], to: [hub] }\n`, '--no-wait');
    const began = performance.now();
    await until('alice and bob have the policy', () => isNew('alice') && isNew('bob'));
    expect(performance.now() - began).toBeLessThan(1000);
    expect(star.alice.reaches(overlay.bob)).toBe(false);
    expect(star.alice.reaches(overlay.hub)).toBe(true);
  });

  test('says when its machines have what they should', async () => {
    const said = star.edit((text) => text.replace('to: [hub]', 'to: [hub, bob]'));
    expect(said).toMatch(/3 of 3 connected machines have it/);
    expect(star.alice.reaches(overlay.bob)).toBe(true);
    const { machines } = statusAt(star.hub);
    expect(machines.map(({ confirmed, wanted }) => confirmed === wanted)).toEqual(
      machines.map(() => true),
    );
  });

  test('goes back to what was', async () => {
    expect(star.bob.reaches(overlay.alice)).toBe(false);
    star.hub.must('rollback', '3');
    await until('bob reaches alice', () => star.bob.reaches(overlay.alice));
  });

  test('looks at services from the machine that should reach them, and tells what it finds', async () => {
    const stateOf = (state: string) => (): boolean =>
      new RegExp(`^web +${state} `, 'm').test(star.hub.must('monitors'));
    expect(star.hub.must('monitors')).toContain('nothing is looked at');
    star.edit(
      (text) =>
        `${text}monitors: { web: { type: tcp, host: bob, port: 7000, from: alice, every: 1 } }\n`,
    );
    await until('nobody listens there', stateOf('down'));
    expect(star.hub.must('monitors', 'web')).toMatch(
      /^web: down since \d+ s ago, bob:7000 seen from alice\n.*ECONNREFUSED/,
    );
    const service = `require('node:net').createServer().listen(7000, '${overlay.bob}');
      setInterval(() => require('node:fs').existsSync('/run/end') && process.exit(), 50);`;
    star.bob.box.start([process.execPath, '-e', service]);
    await until('somebody does', stateOf('up'));
    star.bob.do('touch /run/end');
    await until('nobody does any more', stateOf('down'));
    expect(star.hub.hawser('monitors', 'wab')).toMatchObject({
      code: 2,
      err: expect.stringContaining('t-follow has no monitor wab; it has web'),
    });
    star.hub.must('rollback');
  });

  test('is put back where somebody changes a machine, and tells who, what and when', async () => {
    star.alice.do('ip link del hw-t-follow');
    await until('alice reaches bob again', () => star.alice.reaches(overlay.bob));
    const drift = await until('the server heard of it', () => {
      const said = star.hub.must('drift', 'alice');
      return said.includes('hw-t-follow') && said;
    });
    expect(drift).toMatch(/^alice {2}\d+ s ago\n {2}add tunnel hw-t-follow/);
  });

  test('changes nothing while it is frozen, and follows when it is thawed', async () => {
    star.hub.must('freeze');
    star.edit((text) => `${text}policy: []\n`, '--no-wait');
    await until('the agents hold it', () =>
      statusAt(star.hub).machines.every(({ notes }) => notes.includes('frozen')),
    );
    expect(star.alice.reaches(overlay.bob)).toBe(true);
    const [device, key] = star.alice.do('wg show all peers').trim().split(/\s+/);
    star.alice.do(`wg set ${device} peer ${key} persistent-keepalive 7`);
    const isSo = (text: string | RegExp) => () =>
      star.hub.must('tunnels', 'alice').match(text) !== null;
    // No event tells of it: the agent's next look does, within half a minute.
    await until('what differs is told of its tunnel', isSo(/^misconfigured .*keepalive/m), 45_000);
    star.hub.must('thaw');
    await until('that is put back', isSo(/^up /m));
    await until('the policy is there', () => !star.alice.reaches(overlay.bob));
    star.hub.must('rollback');
    await until('it is gone again', () => star.alice.reaches(overlay.bob));
  });

  test('lets a machine in that waits, when an operator says so', async () => {
    const token = joinToken(star.hub, '--approval');
    carol = await star.world.machine('carol');
    expect(carol.must('join', token)).toContain('waits');
    expect(star.hub.must('status')).toMatch(/carol +waits for approval/);
    star.hub.must('approve', 'carol', '-m', 'she came');
    expect(star.hub.must('history', '-n', '1')).toContain('she came');
    expect(star.hub.must('approve', 'carol')).toBe('carol is in already\n');
    await settled(star.hub, 'carol');
    await until('carol reaches bob', () => carol.reaches(overlay.bob));
    // The token is used up: it answers whom it let in, and lets nobody in any more.
    expect(carol.must('join', token, '--name', 'carol-2')).toMatch(/^carol in /);
    expect(star.hub.must('status')).not.toContain('carol-2');
    const again = star.alice.hawser('join', token, '--state-dir', '/run/another');
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('api/unauthorized')]);
  });

  test('lets nobody take the name of another, but for an operator’s word', async () => {
    const token = joinToken(star.hub, '--uses', '3');
    const thief = await star.world.machine('thief');
    const join = ['join', token, '--name', 'bob'];
    expect(thief.hawser(...join).err).toContain('api/name-taken');
    star.hub.must('replace', 'bob');
    thief.must(...join);
    await settled(star.hub, 'bob');
    await until('the new bob answers', () => star.alice.reaches(overlay.bob));
    expect(thief.do('ip -br address')).toContain(overlay.bob);
  });

  test('takes nobody away that one is on, or that others need, but when it is meant', () => {
    const revoked = star.hub.hawser('revoke', 'hub');
    expect([revoked.code, revoked.err]).toEqual([2, expect.stringContaining('cli/needs-yes')]);
    // The file cannot be without its hub, whatever is meant.
    expect(star.hub.hawser('remove', 'hub').err).toContain('compile/unreachable');
    const context = '/run/home/.config/hawser/contexts.json';
    star.alice.do('mkdir -p /run/home/.config/hawser');
    const there = star.hub.read(context).replace('127.0.0.1', star.hub.address);
    star.alice.write(context, there);
    const removed = star.alice.hawser('remove', 'alice');
    expect(removed.err).toContain('alice leaves the network');
    expect([removed.code, removed.err]).toEqual([2, expect.stringContaining('cli/needs-yes')]);
    star.alice.must('pull', '/run/home/net.yaml');
    const text = star.alice.read('/run/home/net.yaml').replace(/alice: \{[^}]*\}(, )?/, '');
    star.alice.write('/run/home/net.yaml', text);
    const refused = star.alice.hawser('apply', '/run/home/net.yaml');
    expect(refused.out).toContain('server/cuts-you-off');
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('cli/needs-yes')]);
    expect(star.hub.must('status')).toMatch(/alice +connected/);
  });

  test('lets a machine go that has another address by now', async () => {
    // Its connection stands, and nothing that is said on it arrives.
    carol.do('ip address add 192.0.2.77/24 dev eth0');
    carol.do('sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1');
    carol.do(`ip address del ${carol.address}/24 dev eth0`);
    expect(carol.must('leave')).toBe('left t-follow\n');
    expect(star.hub.must('status')).not.toContain('carol');
  });

  test('cuts a machine off that is removed while it is away, and cleans up when it returns', async () => {
    const { hub, alice } = star;
    alice.must('agent', 'stop');
    hub.must('remove', 'alice');
    const peers = () => hub.do('wg show hw-t-follow allowed-ips');
    await until('the hub has it no more', () => !peers().includes(overlay.alice));
    expect(hub.must('status')).not.toContain('alice');
    expect(alice.do('ip link')).toContain('t-follow');
    expect(alice.reaches(overlay.hub)).toBe(false);
    alice.must('agent', 'start');
    await until('nothing of ours is on alice', () => !alice.do('ip link').includes('t-follow'));
    await until(
      'nor a key',
      () => alice.do('find /var/lib/hawser/keys /var/lib/hawser/secrets -type f') === '',
    );
  });
});
