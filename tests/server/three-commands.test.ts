import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BenchmarkResult, TunnelsStatus, WhyResult } from '#api';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { type Machine, overlayOf, type Running, serve, settled, statusAt, World } from './world.ts';

suite('three commands on three machines', { needs: ['root', 'netns', 'tun'] }, () => {
  let world: World;
  let hub: Machine;
  let alice: Machine;
  let bob: Machine;
  let program: Running | undefined;

  beforeAll(async () => {
    world = await World.open();
    [hub, alice, bob] = [
      await world.machine('hub'),
      await world.machine('alice'),
      await world.machine('bob'),
    ];
    // So those measure with what they have themselves.
    alice.box.run(['sh', '-c', 'if at=$(command -v iperf3); then mount --bind /bin/false $at; fi']);
  });
  afterAll(async () => {
    await program?.end('SIGKILL');
    await world.close();
  });

  test('make a network within a minute, in which they ping each other', async () => {
    const began = performance.now();
    const serving = await serve(hub);
    ({ program } = serving);
    alice.must('join', serving.joinToken);
    bob.must('join', serving.joinToken);
    const status = await settled(hub, 'hub', 'alice', 'bob');
    const machines = [hub, alice, bob];
    for (const from of machines) {
      for (const to of machines.filter((other) => other !== from)) {
        const address = overlayOf(status, to.name);
        await until(`${from.name} reaches ${to.name}`, () => from.reaches(address));
      }
    }
    expect((performance.now() - began) / 1000).toBeLessThan(60);
  });

  test('give every tunnel a preshared key of its own', () => {
    const keys = hub.do('wg show all preshared-keys').trim().split('\n');
    const values = keys.map((line) => line.split('\t').at(-1));
    expect(new Set(values).size).toBe(2);
    expect(values).not.toContain('(none)');
  });

  test('tell of every tunnel that it is up, by what both ends of it say', async () => {
    const said = await until('both are up', () => {
      const text = hub.must('tunnels');
      return text.startsWith('home: 2 tunnels: 2 up\n') ? text : undefined;
    });
    expect(said).toMatch(/^up +alice +hub +\d.* k?B +\d.* k?B +alice heard hub \d+ s ago, hand/m);
    await until('both ends tell', () => {
      const { tunnels } = JSON.parse(hub.must('tunnels', 'bob', '--json')) as TunnelsStatus;
      return tunnels.length === 1 && tunnels[0]?.ends.every(({ tells }) => tells);
    });
    expect(hub.hawser('tunnels', 'nobody')).toMatchObject({
      code: 2,
      err: expect.stringContaining('api/not-found'),
    });
  });

  test('let the machines try whether all is as the file says, and say what is not', () => {
    const well = hub.hawser('verify');
    expect([well.code, well.out]).toEqual([
      0,
      expect.stringMatching(
        /flows +12 of 12 that may pass, passed\nsizes +6 of 6 of the largest packets passed whole\nverdict +the network is what its file says/,
      ),
    ]);
    hub.do('nft add table inet foreign');
    hub.do('nft add chain inet foreign forward { type filter hook forward priority -500; }');
    hub.do(
      'nft add rule inet foreign forward tcp dport 1-65535 reject with icmpx admin-prohibited',
    );
    const { code, out } = hub.hawser('verify', 'alice', '--port', 'icmp', '--port', 'tcp/22');
    hub.do('nft delete table inet foreign');
    expect(code).toBe(1);
    expect(out.split('\n').filter((line) => line.startsWith('  !'))).toEqual([
      expect.stringMatching(
        /alice to bob \(10.77.0.\d+\), tcp\/22: should pass \(.*\), but was refused \(E\w+\)$/,
      ),
    ]);
    expect(hub.hawser('verify', 'carol').err).toContain('api/not-found');
    expect(hub.hawser('verify', 'alice', 'carol').err).toContain('compile/unknown-machine');
    expect(hub.hawser('verify', '--port', 'tpc/22').err).toContain('spec/bad-port');
  });

  test('say why one reaches the other, and by which way', async () => {
    const found = await until('all of it is well', () => {
      const why = JSON.parse(hub.must('why', 'alice', 'bob', '--json')) as WhyResult;
      return why.state === 'passes' && why;
    });
    expect(found).toMatchObject({
      state: 'passes',
      steps: [
        { from: 'alice', to: 'hub', way: { device: 'hw-home', peer: 'hub' } },
        { from: 'hub', to: 'bob', tunnel: { state: 'up' }, way: { peer: 'bob' } },
      ],
      machines: [{ name: 'alice' }, { name: 'hub' }, { name: 'bob' }],
    });
    const text = hub.must('why', 'alice', 'bob', 'tcp/22');
    expect(text).toMatch(/^passes {2}tcp\/22 from alice to bob may pass, and nothing of ours/);
    expect(text).toMatch(/^ +alice +hub +by hw-home +up: .* heard .*\n +hub +bob +by hw-home +up/m);
    expect(text).toMatch(/changes on it, the newest first:\n(.*\n)* .* ago +joined +bob joined/);
    const address = overlayOf(statusAt(hub), 'bob');
    alice.do(`ip route add ${address}/32 dev eth0`);
    const lost = hub.hawser('why', 'alice', 'bob');
    alice.do(`ip route del ${address}/32 dev eth0`);
    expect(lost).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /^broken .*\n {2}alice should send it to hub by hw-home, and sends it by eth0$/m,
      ),
    });
  });

  test('measure how much passes between two of them, by what each has, and say what limits it', () => {
    const between = ['alice', 'bob', '--seconds', '1'];
    expect(hub.hawser('benchmark', ...between).err).toContain('cli/needs-yes');
    const found = JSON.parse(
      hub.must('benchmark', ...between, '--yes', '--json'),
    ) as BenchmarkResult;
    expect(found).toMatchObject({ path: ['alice', 'hub', 'bob'], port: 14_792, tool: 'own' });
    expect(found.ways).toMatchObject([
      { from: 'alice', to: 'bob', machines: [{ wireguard: expect.any(Number) }, {}, {}] },
      { from: 'bob', to: 'alice', why: expect.any(String) },
    ]);
    for (const { rate } of found.ways) expect(rate).toBeGreaterThan(1_000_000);
    // It was open for that alone.
    expect(bob.do('ss -tlnH')).not.toContain(':14792');
    expect(hub.must('audit')).toMatch(/admin {2}home {2}benchmark/);
  });

  const aliceIs = async (state: string, why: RegExp): Promise<number> => {
    const began = performance.now();
    await until(`the tunnel of alice is ${state}`, () => {
      const { tunnels } = JSON.parse(hub.must('tunnels', 'alice', '--json')) as TunnelsStatus;
      return tunnels[0]?.state === state && why.test(tunnels[0].why);
    });
    return (performance.now() - began) / 1000;
  };

  test('see within seconds that a tunnel shakes hands and carries nothing', async () => {
    await aliceIs('up', /answer after \d/);
    alice.do('nft add table inet foreign');
    const hook = '{ type filter hook input priority -500; policy accept; }';
    alice.do(`nft add chain inet foreign input ${hook}`);
    alice.do('nft add rule inet foreign input iifname hw-home drop');
    // Four seconds, and what it takes to ask.
    expect(await aliceIs('down', /answers no probe of \w+ for \d s/)).toBeLessThan(6);
    const why = hub.hawser('why', 'bob', 'alice');
    expect([why.code, why.out]).toEqual([
      1,
      expect.stringMatching(
        /^broken .*may pass, and does not get through\n {2}the tunnel between hub and alice is down: /,
      ),
    ]);
    await until('that is an event', () =>
      /tunnel between alice and hub is down: \w+ answers no probe/.test(
        hub.must('events', 'alice', '--kind', 'down'),
      ),
    );
    alice.do('nft delete table inet foreign');
    await aliceIs('up', /answer after \d/);
    await until('it is in the history', () =>
      /every 10 s; \d+ handshakes\n.*\n-> +\d.*B\/s/.test(
        hub.must('tunnels', 'hub', 'alice', '--history', '--since', '5m'),
      ),
    );
  });

  test('probe each other whatever the policy says, and nobody else may', async () => {
    hub.must('pull', '/run/home/net.yaml');
    hub.write(
      '/run/home/net.yaml',
      `${hub.read('/run/home/net.yaml')}policy: []
`,
    );
    hub.must('apply', '/run/home/net.yaml', '--yes');
    const address = overlayOf(statusAt(hub), 'hub');
    await until('the policy holds', () => !alice.reaches(address));
    expect(hub.must('verify', 'alice')).toMatch(/^ +4 of 4 that may not, did not\nverdict/m);
    expect(hub.hawser('why', 'alice', 'hub')).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /^refused .*\n(?:.*\n)* {2}what decides about it \(deny at hub\) has counted [1-9]\d* packets\n {2}what changed last on the way: revision \d+, apply by admin; /,
      ),
    });
    expect(hub.hawser('benchmark', 'alice', 'hub', '--yes').err).toContain(
      'server/benchmark-closed',
    );
    await aliceIs('up', /answer after \d/);
    await until('they still hear', () => /answer after/.test(hub.must('tunnels', 'bob')));
  });

  test('leave whoever started the server logged in, and nobody else', () => {
    expect(hub.must('status')).toMatch(/alice +connected/);
    expect(alice.hawser('status').err).toContain('cli/not-logged-in');
    const file = '/run/home/.config/hawser/contexts.json';
    expect(hub.do(`stat -c %a ${file}`).trim()).toBe('600');
  });

  test('do not keep the tokens of a first start from who ends it halfway', async () => {
    const dora = await world.machine('dora');
    const started = dora.start('server');
    await until('it listens', () => started.output.includes('Server listening') || started.ended);
    await started.end('SIGINT');
    expect(started.output).toMatch(/hawser-admin-/);
    expect(started.output).toMatch(/hawser-join-/);
  });
});
