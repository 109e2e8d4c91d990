import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { overlay } from '../server/star.ts';
import { type Machine, settled } from '../server/world.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { remedyStory } from './remedy-story.ts';
import { supportStory } from './support-story.ts';
import { examine, expectOnly, fastBy, obey, resolvers, tunnel, Ward } from './ward.ts';

suite('hawser doctor', { needs: ['root', 'netns', 'tun'] }, () => {
  let ward: Ward;
  let [hub, alice, bob] = [] as unknown as [Machine, Machine, Machine];
  beforeAll(async () => {
    ward = await Ward.open();
    ({ hub, alice, bob } = ward.star);
  });
  afterAll(async () => {
    await ward?.close();
  });

  /** What undoes what a test did, in reverse order. */
  const cures: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cure of cures.splice(0).reverse()) await cure();
  });

  /** Does something to a machine that is undone when the test is over. */
  const plant = (machine: Machine, line: string, cure?: string): void => {
    machine.do(line);
    if (cure !== undefined) cures.push(() => machine.do(cure));
  };
  const script = (machine: Machine, text: string, cure: string): void => {
    machine.box.run(['nft', '-f', '-'], { input: text });
    cures.push(() => machine.do(cure));
  };

  const settle = (): Promise<unknown> =>
    until('alice reaches bob', () => alice.reaches(overlay.bob));

  test('finds nothing where all is well, and says so in a few lines', () => {
    for (const machine of [hub, alice, bob]) {
      const { code, checks, findings } = examine(machine);
      expect(findings).toEqual([]);
      const others = checks.filter(({ is }) => is !== 'fine').map(({ id, is }) => `${id} ${is}`);
      expect(others).toEqual(machine === hub ? ['routers none'] : ['routers none', 'serves none']);
      expect(code).toBe(0);
    }
    expect(alice.must('doctor')).toMatch(
      /\n {2}ok +mtu .*1440 bytes\)\n(.|\n)*nothing is wrong\n$/,
    );
  });

  test('tells an ordinary user what needs root, and looks at the rest', () => {
    const { out } = ward.asUser(alice, 'doctor');
    expect(out).toMatch(/\? +endpoint, .*mtu: needs root/);
    expect(out).toMatch(/ok +resolver/);
    expect(out).toMatch(/ok +overlap/);
    expect(out).toMatch(/nothing is wrong; \d+ checks could not be made \(some need root\)/);
  });

  test('knows what it is asked for', () => {
    const { code, err } = alice.hawser('doctor', '--only', 'mtuu');
    expect([code, err]).toEqual([2, expect.stringContaining('Did you mean `mtu`?')]);
    expect(examine(alice, 'mtu', 'boot').checks.map(({ id }) => id)).toEqual(['boot', 'mtu']);
  });

  describe('of programs and the kernel', () => {
    test('misses what the agent needs, and names its package', () => {
      plant(alice, 'mount --bind /dev/null /usr/sbin/nft', 'umount /usr/sbin/nft');
      plant(alice, 'mount --bind /dev/null /usr/bin/wireguard-go', 'umount /usr/bin/wireguard-go');
      const { findings, code } = expectOnly(
        examine(alice, 'programs', 'wireguard'),
        'program-missing',
        'no-wireguard',
      );
      expect(findings[0]?.fix).toMatch(/install -y --no-install-recommends nftables/);
      expect(code).toBe(1);
    });

    test('misses the device that a container was not given', () => {
      plant(alice, 'mount -t tmpfs tmpfs /dev/net', 'umount /dev/net');
      expectOnly(examine(alice, 'wireguard'), 'no-tun');
    });
  });

  describe('of the agent', () => {
    test('sees that it is paused, or not there, and brings it back', async () => {
      alice.must('agent', 'pause');
      cures.push(() => alice.must('agent', 'resume'));
      const paused = expectOnly(examine(alice, 'agent'), 'agent-paused');
      expect(paused.code).toBe(0);
      cures.push(() => alice.must('agent', 'start'));
      alice.must('agent', 'stop');
      expect(expectOnly(examine(alice, 'agent'), 'agent-down').code).toBe(1);
      // What was confirmed last is on the disk.
      expect(examine(alice, 'port', 'handshake').codes).toEqual([]);
    });

    test('sees a network that is frozen', async () => {
      hub.must('freeze', '-m', 'for a test');
      cures.push(() => hub.must('thaw'));
      await until('alice knows', () => examine(alice, 'agent').codes.length > 0);
      expectOnly(examine(alice, 'agent'), 'agent-frozen');
    });

    test('sees that no boot would start it, and says what does', () => {
      plant(alice, 'rm /etc/cron.d/hawser-agent');
      cures.push(() =>
        alice.write('/etc/cron.d/hawser-agent', '@reboot root hawser agent start\n'),
      );
      expectOnly(examine(alice, 'boot'), 'not-at-boot');
    });

    test('sees keys that others may read, and closes them', () => {
      alice.must('agent', 'pause');
      cures.push(() => alice.must('agent', 'resume'));
      alice.do('chmod 644 /var/lib/hawser/identity.key');
      obey(alice, expectOnly(examine(alice, 'folder'), 'folder-open'));
      expectOnly(examine(alice, 'folder'));
    });

    test('sees that there is no room left', () => {
      plant(
        alice,
        'mount --mkdir -t tmpfs -o size=1m,mode=0700 tmpfs /run/small',
        'umount /run/small',
      );
      const { out } = alice.hawser('doctor', '--only', 'folder', '--state-dir', '/run/small');
      expect(out).toContain('doctor/folder-full');
    });
  });

  describe('of the port', () => {
    test('names the program that has taken it', async () => {
      cures.push(settle, () => alice.must('agent', 'start'));
      alice.must('agent', 'stop');
      alice.do(`ip link del ${tunnel}`);
      expectOnly(examine(alice, 'port'), 'tunnel-missing');
      const taker = alice.run(
        process.execPath,
        '-e',
        "require('dgram').createSocket('udp4').bind(51820, () => console.log('ready'))",
      );
      cures.push(() => taker.end('SIGKILL'));
      await until('it has the port', () => taker.output.includes('ready'));
      const { findings } = expectOnly(examine(alice, 'port'), 'port-taken');
      expect(findings[0]?.message).toMatch(/UDP port 51820.*held by node.* \(process \d+\)/);
    });

    test('sees a firewall that refuses whoever calls, and opens it', () => {
      script(
        hub,
        `table inet filter { chain input { type filter hook input priority 0; policy drop;
          ct state { established, related } accept; iif lo accept; tcp dport { 22, 7443 } accept; icmp type echo-request accept; }
}`,
        'nft delete table inet filter',
      );
      const blocked = expectOnly(examine(hub, 'firewall'), 'port-blocked');
      expect([blocked.code, blocked.findings[0]?.message]).toEqual([
        1,
        expect.stringContaining('chain input of table inet filter, by its policy'),
      ]);
      obey(hub, blocked);
      expectOnly(examine(hub, 'firewall'));
    });
  });

  describe('of peers', () => {
    test('sees packets that are routed into the tunnel which they are to carry', async () => {
      plant(alice, `ip route add 192.0.2.1/32 dev ${tunnel}`, 'ip route del 192.0.2.1/32');
      expect(alice.reaches(overlay.hub)).toBe(false);
      expectOnly(examine(alice, 'endpoint'), 'endpoint-in-tunnel');
    });

    test('sees that there is no way to a peer', () => {
      plant(
        alice,
        'ip route add unreachable 192.0.2.1/32',
        'ip route del unreachable 192.0.2.1/32',
      );
      expectOnly(examine(alice, 'endpoint'), 'no-way');
    });

    test('sees a way on which packets are cut in pieces, although all arrives', () => {
      plant(
        alice,
        'ip route add 192.0.2.1/32 dev eth0 mtu 1400',
        'ip route del 192.0.2.1/32 dev eth0',
      );
      const { findings, code } = expectOnly(examine(alice, 'mtu'), 'narrow-path');
      expect([findings[0]?.severity, code]).toEqual(['warning', 0]);
      expect(findings[0]?.message).toMatch(/takes 1(39\d|400) bytes/);
    });

    test('measures a hole that swallows large packets, and what fits through it', async () => {
      ward.narrow(hub, 1300);
      cures.push(() => ward.narrow(hub, 1500));
      const { findings } = expectOnly(examine(alice, 'mtu'), 'mtu-hole');
      const [, mtu = ''] = /`mtu: (\d+)` at alice/.exec(findings[0]?.fix ?? '') ?? [];
      expect(Number(mtu)).toBeGreaterThan(1290);
      expect(Number(mtu)).toBeLessThanOrEqual(1304);
      // Done as it says.
      const file = ward.star.edit((text) => text.replace(/alice: \{/, `alice: { mtu: ${mtu},`));
      expect(file).toContain('alice');
      await until('alice has it', () => alice.do(`ip link show ${tunnel}`).includes('mtu 12'));
      expectOnly(examine(alice, 'mtu'));
    });

    test('tells a peer that was never heard from many, and a name that leads nowhere', async () => {
      const key = `${'D'.repeat(42)}E=`;
      const strangers = `ghost: { endpoint: "192.0.2.99:51820", managed: false, key: "${key}" }, lost: { endpoint: "lost.invalid:51820", managed: false, key: "${key.replace('D', 'F')}" }, `;
      ward.star.edit((text) => text.replace('members: { ', `members: { ${strangers}`));
      cures.push(() => ward.star.edit((text) => text.replace(strangers, '')));
      await until('the hub has them', () => hub.do('wg show all peers').split('\n').length > 3);
      const { findings, code } = expectOnly(
        examine(hub, 'handshake', 'names'),
        'no-handshake',
        'name-unresolved',
      );
      expect(findings[0]).toMatchObject({ severity: 'warning', message: /ghost/ });
      expect(findings[1]?.message).toContain('lost.invalid, endpoint of lost');
      expect(code).toBe(1);
    });

    test('knows when nothing ever comes in', async () => {
      cures.push(settle);
      script(
        alice,
        'table inet cut { chain input { type filter hook input priority 0; udp sport 51820 drop; }\n}',
        'nft delete table inet cut',
      );
      alice.do(`ip link del ${tunnel}`);
      await until('the agent made it again', () => alice.do('ip -br link').includes(tunnel));
      expectOnly(examine(alice, 'handshake'), 'never-heard');
    });

    test('sees a tunnel in which nothing is answered', () => {
      script(
        hub,
        `table inet cut { chain input { type filter hook input priority 0; iifname "${tunnel}" drop; }
}`,
        'nft delete table inet cut',
      );
      expectOnly(examine(alice, 'tunnel'), 'silent-tunnel');
    });
  });

  describe('of forwarding', () => {
    test('sees that it is switched off', () => {
      cures.push(settle, () => hub.must('agent', 'resume'));
      hub.must('agent', 'pause');
      hub.box.run(['tee', `/proc/sys/net/ipv4/conf/${tunnel}/forwarding`], { input: '0' });
      const { findings } = expectOnly(examine(hub, 'forwarding'), 'forwarding-off');
      expect(findings[0]?.fix).toContain(`sysctl -w net.ipv4.conf.${tunnel}.forwarding=1`);
    });

    test('sees what Docker drops, and how that is let through', () => {
      script(
        hub,
        `table ip filter {
          chain DOCKER-USER { counter return; }
          chain DOCKER-FORWARD { iifname "docker0" accept; oifname "docker0" ct state { established, related } accept; }
          chain FORWARD { type filter hook forward priority 0; policy drop; counter jump DOCKER-USER; counter jump DOCKER-FORWARD; }
        }`,
        'nft delete table ip filter',
      );
      expect(alice.reaches(overlay.bob)).toBe(false);
      const { findings } = expectOnly(examine(hub, 'forward-filter'), 'forward-blocked');
      expect(findings[0]?.message).toContain('by its policy, as Docker has it');
      expect(findings[0]?.fix).toContain(`iptables -I DOCKER-USER -i ${tunnel} -j ACCEPT`);
      hub.do(`nft insert rule ip filter DOCKER-USER iifname ${tunnel} accept`);
      expectOnly(examine(hub, 'forward-filter'));
      expect(alice.reaches(overlay.bob)).toBe(true);
    });

    test('sees a filter that refuses all else, and says what lets it through', () => {
      script(
        hub,
        'table inet fw { chain between { type filter hook forward priority 0; ct state established accept; tcp dport 1 accept; reject; }\n}',
        'nft delete table inet fw',
      );
      expect(alice.reaches(overlay.bob)).toBe(false);
      obey(hub, expectOnly(examine(hub, 'forward-filter'), 'forward-blocked'));
      expectOnly(examine(hub, 'forward-filter'));
      expect(alice.reaches(overlay.bob)).toBe(true);
    });

    test('sees a filter of senders that would drop answers of an endpoint inside the network', async () => {
      // The endpoint of the hub is a part of its site: its packets are kept out of the tunnel by a mark.
      const inside = 'subnets: [192.0.2.1/32]\n    gateways:';
      ward.star.edit((text) => text.replace('gateways:', inside));
      cures.push(() => ward.star.edit((text) => text.replace(inside, 'gateways:')));
      await settled(hub, 'alice');
      alice.must('agent', 'pause');
      cures.push(() => alice.must('agent', 'resume'));
      const filters = ['all', 'eth0'].map((device) => `net.ipv4.conf.${device}.rp_filter`);
      plant(
        alice,
        `sysctl -w ${filters.map((key) => `${key}=1`).join(' ')} net.ipv4.conf.all.src_valid_mark=0`,
        `sysctl -w ${filters.map((key) => `${key}=0`).join(' ')}`,
      );
      obey(alice, expectOnly(examine(alice, 'rp-filter'), 'rp-filter'));
      expectOnly(examine(alice, 'rp-filter'));
    });

    test('reads what the next boot would do', () => {
      hub.write('/etc/sysctl.d/99-hardening.conf', '# safe\nnet.ipv4.ip_forward = 0\n');
      cures.push(() => hub.do('rm /etc/sysctl.d/99-hardening.conf'));
      obey(hub, expectOnly(examine(hub, 'sysctl-files'), 'sysctl-file'));
      expectOnly(examine(hub, 'sysctl-files'));
    });
  });

  describe('of routes', () => {
    test("sees that one of Docker's networks takes a part of the network away", () => {
      plant(alice, 'ip link add docker0 type bridge', 'ip link del docker0');
      alice.do('ip address add 10.77.0.1/25 dev docker0');
      alice.do('ip link set docker0 up');
      const { findings } = expectOnly(examine(alice, 'overlap'), 'route-taken');
      expect(findings[0]?.message).toMatch(
        /10\.77\.0\.0\/24 .* to docker0, one of Docker's networks/,
      );
    });

    test('sees another tunnel around all', () => {
      plant(alice, 'ip tuntap add other mode tun', 'ip link del other');
      alice.do('ip link set other up');
      alice.do('ip route add default dev other');
      expectOnly(examine(alice, 'default-route'), 'default-in-tunnel');
      alice.do('ip route add 10.64.0.0/10 dev other');
      const { findings } = expectOnly(examine(alice, 'overlap'), 'route-hides');
      expect(findings[0]?.message).toContain('on other, another tunnel');
    });
  });

  describe('of names', () => {
    test('sees a nameserver that is dead, and one that only a dead tunnel leads to', () => {
      cures.push(() => resolvers(alice, '192.0.2.1'));
      resolvers(alice, '192.0.2.99', '192.0.2.1', '10.77.0.250');
      const { findings, code } = expectOnly(
        examine(alice, 'resolver'),
        'resolver-dead',
        'resolver-in-tunnel',
      );
      expect(findings.map(({ severity }) => severity)).toEqual(['warning', 'error']);
      expect(code).toBe(1);
    });
  });

  describe('of the server and the clock', () => {
    test('sees that the one on this machine lies open, and that no boot would start it', () => {
      plant(
        hub,
        'mv /etc/cron.d/hawser-server /run/kept',
        'mv /run/kept /etc/cron.d/hawser-server',
      );
      hub.do('chmod 755 /var/lib/hawser-server');
      obey(hub, expectOnly(examine(hub, 'serves'), 'folder-open', 'server-not-at-boot'));
      expectOnly(examine(hub, 'serves'), 'server-not-at-boot');
    });

    test('sees a clock that is wrong, by how much, and what sets it right', () => {
      const { out } = alice.hawserAs(fastBy(3600), 'doctor', '--only', 'clock');
      expect(out).toMatch(/3(600|599|601) s ahead of .* \[doctor\/clock\]/);
      expect(out).toContain('timedatectl set-ntp true');
    });

    test('sees a server that is away, and an impostor', () => {
      const file = `/var/lib/hawser/enrolled/t-doctor/enrolment.json`;
      const enrolment = JSON.parse(alice.read(file)) as Record<string, unknown>;
      cures.push(() => alice.write(file, JSON.stringify(enrolment)));
      alice.write(file, JSON.stringify({ ...enrolment, servers: ['https://192.0.2.1:7444'] }));
      expectOnly(examine(alice, 'server'), 'server-unreachable');
      alice.write(file, JSON.stringify({ ...enrolment, authorities: [], pin: 'x'.repeat(43) }));
      expectOnly(examine(alice, 'server'), 'wrong-server');
    });
  });

  describe('of what a command mends', () => {
    remedyStory(() => ward);
  });

  describe('and hawser support', () => {
    supportStory(() => ward);
  });
});
