import { afterAll, beforeAll, expect, test } from 'vitest';
import { DiagnosticsError } from '#base';
import { emptyFacts, link, project } from '#compile';
import { loadNetwork } from '#spec';
import { Machine } from '../server/world.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import {
  call,
  external,
  file,
  goesOn,
  ipWithoutVxlan,
  late,
  listed,
  listed6,
  others,
  proxies,
  proxies6,
  refused,
  server,
  talk,
  unlisted,
} from './egress-names-world.ts';
import { addRouterOfOthers, removeRouterOfOthers, theirs } from './router-of-others.ts';

suite('a name in the list of what may be reached', { needs: ['root', 'netns', 'tun'] }, () => {
  let gateway: Machine;
  const inside = (netns: string, ...argv: readonly string[]): string[] => [
    ...['ip', 'netns', 'exec', netns, ...argv],
  ];
  const at = (netns: string, line: string): string => gateway.do(`ip netns exec ${netns} ${line}`);
  const called = (address: string, port = 3128): string =>
    gateway.box.run(inside('station', process.execPath, '-e', call(address, port))).trim();
  const said = (): string => gateway.must('agent', 'status');
  const pid = (): number =>
    (JSON.parse(gateway.must('agent', 'status', '--json')) as { pid: number }).pid;

  /** The DNS server outside says from now on that the name is at these. */
  function answer(...addresses: readonly string[]): void {
    const lines = addresses.map((address) => `${address} proxy.example.org\n`);
    gateway.write('/run/dns/hosts', lines.join(''));
    signalNames('HUP');
  }

  const signalNames = (signal: string): string =>
    gateway.do(`kill -${signal} ${gateway.read('/run/dns/pid').trim()}`);

  const folder = '/var/lib/hawser/enrolled/net';

  /** The agent starts with what this file says, as if that had been confirmed. */
  function confirm(text: string): void {
    const { network, diagnostics } = loadNetwork('hawser.yaml', {
      read: () => text,
      glob: () => [],
    });
    if (!network) throw new DiagnosticsError(diagnostics);
    const key = gateway.must('agent', 'key', '--network', 'net').trim();
    const keys = { 'knox-gw': { '0': key } };
    const state = project(link({ ...emptyFacts, keys, network, epoch: 'test', rev: 1 }), 'knox-gw');
    gateway.write(`${folder}/confirmed.json`, JSON.stringify(state));
  }

  /** As if the agent had been away until the time of all that DNS said was over. */
  async function outlast(): Promise<void> {
    const kept = '/var/lib/hawser/networks/net/hosts.json';
    gateway.write(kept, gateway.read(kept).replaceAll(/\d{13}/g, '1'));
    await killAgent();
  }

  /** A flow that goes on: how much of it came back. */
  async function begin(address: string): Promise<() => number> {
    const flow = gateway.run(...inside('station', process.execPath, '-e', talk(address)));
    const heard = (): number => flow.output.split('word').length;
    await until('they talk', () => heard() > 3);
    return heard;
  }

  /** What happens `then` happens with no agent to see it. */
  async function killAgent(then: () => void = () => {}): Promise<void> {
    const before = pid();
    gateway.do(`kill -KILL ${before}`);
    then();
    await until('another agent answers', () => {
      const { code, out } = gateway.hawser('agent', 'status', '--json');
      return code === 0 && (JSON.parse(out) as { pid: number }).pid !== before;
    });
  }

  function addWorld(): void {
    for (const line of [
      'ip netns add world',
      'ip link add world type veth peer name eth0 netns world',
      'ip link set dev world up',
      'ip address add 198.18.0.1/30 dev world',
      'ip route add default via 198.18.0.2',
      'ip address add 2001:db8:18::1/64 dev world nodad',
      'ip route add default via 2001:db8:18::2',
      'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
      'mkdir /run/dns',
    ]) {
      gateway.do(line);
    }
    for (const device of ['lo', 'eth0']) at('world', `ip link set dev ${device} up`);
    for (const address of [
      '198.18.0.2/30',
      '203.0.113.53/32',
      ...proxies,
      listed,
      late,
      unlisted[0],
    ])
      at('world', `ip address add ${address} dev eth0`);
    const others6 = [...proxies6, listed6, unlisted[1]].map((one) => `${one}/128`);
    for (const address of ['2001:db8:18::2/64', ...others6])
      at('world', `ip address add ${address} dev eth0 nodad`);
    at('world', 'ip route add 10.5.0.0/24 via 198.18.0.1');
    at('world', 'ip route add fd05::/64 via 2001:db8:18::1');
    gateway.write('/run/dns/hosts', `${proxies[0]} proxy.example.org\n`);
    gateway.write('/run/dns/late', '');
    gateway.write('/run/dns/resolv.conf', 'nameserver 203.0.113.53\n');
    gateway.do('mount --bind /run/dns/resolv.conf /etc/resolv.conf');
    serveNames();
    gateway.run(...inside('world', process.execPath, '-e', server));
  }

  function serveNames(): void {
    const own = ['--conf-file=/dev/null', '--no-hosts', '--no-resolv', '--pid-file=/run/dns/pid'];
    const listen = ['--listen-address=203.0.113.53', '--bind-interfaces', '--user=root'];
    const names = ['--addn-hosts=/run/dns/hosts', '--addn-hosts=/run/dns/late', '--local-ttl=1'];
    // Of these it says itself that there are none.
    const none = '--local=/example.net/';
    gateway.box.run(inside('world', 'dnsmasq', ...own, ...listen, ...names, none));
  }

  beforeAll(async () => {
    gateway = await Machine.open('knox-gw', '192.0.2.1');
    gateway.do('mount -t tmpfs tmpfs /etc/cron.d');
    gateway.do('ip netns add station');
    gateway.do('ip link add eth1 type veth peer name eth0 netns station');
    at('station', 'ip link set dev eth0 address 02:00:00:00:00:01 up');
    at('station', 'ip address add 10.9.0.1/24 dev eth0');
    at('station', 'ip address add fd09::1/64 dev eth0 nodad');
    for (const router of ['10.9.0.254', 'fd09::fe'])
      at('station', `ip route add default via ${router}`);
    addWorld();
    const enrolment = {
      network: 'net',
      machine: 'knox-gw',
      servers: ['https://192.0.2.9:1'],
      authorities: [],
    };
    gateway.write(`${folder}/enrolment.json`, JSON.stringify(enrolment));
    confirm(file(others));
    gateway.must('agent', 'start');
  }, 60_000);

  afterAll(() => gateway?.box.close());

  test('leads to the address that it has, by its ports, and nowhere else', async () => {
    await until('it is reached', () => called(proxies[0]) === '10.5.0.2', 20_000);
    expect(called(proxies[0], 22)).toMatch(refused);
    expect(called(proxies[1])).toMatch(refused);
    expect(said()).not.toMatch(/proxy\.example\.org is (not found|said)/);
    // This server of names knows what has an A, and refuses to say more of it.
    expect(said()).toContain(
      'proxy.example.org is found, but not over IPv6, where nothing leaves towards it: the resolver refuses to say',
    );
  });

  test('that never was there is told of, and all else on the list is let out; once it is there, it is let out as well', async () => {
    const found = (): string | undefined => {
      const set = at('hw-net-gw', 'nft list set inet hawser-net at-late.example.net-v4');
      return /elements = \{ ([^}]*) \}/.exec(set)?.[1];
    };
    await until('the agent says so', () => said().includes('agent/host-unknown'));
    expect(said()).toContain(
      'late.example.net is not found, so nothing leaves towards it: there is no such name',
    );
    expect(gateway.hawser('doctor', '--only', 'agent').out).toMatch(
      /late\.example\.net is not found[\s\S]*doctor\/agent-notes/,
    );
    for (const address of [proxies[0], listed]) expect(called(address)).toBe('10.5.0.2');
    expect(called(late)).toMatch(refused);
    expect(found()).toBeUndefined();

    gateway.write('/run/dns/late', `${late} late.example.net\n`);
    signalNames('HUP');
    await until('it is reached', () => called(late) === '10.5.0.2', 40_000);
    expect(found()).toBe(late);
    expect(said()).not.toContain('late.example.net');
  });

  test('follows it to another, also if the agent was killed; what began before goes on', async () => {
    const heard = await begin(proxies[0]);
    answer(proxies[1]);
    await until('the other is reached', () => called(proxies[1]) === '10.5.0.2', 10_000);
    expect(called(proxies[0])).toBe('10.5.0.2');
    await outlast();
    await until('the first is no longer', () => called(proxies[0]) !== '10.5.0.2');
    expect(called(proxies[1])).toBe('10.5.0.2');
    await goesOn(heard);
  });

  test('stays where it was while nobody knows it, which is told, also where the kernel forgot it with all of its router', async () => {
    const heard = await begin(proxies[1]);
    signalNames('TERM');
    await killAgent(() => gateway.do('ip netns del hw-net-gw'));
    await until('it is reached again', () => called(proxies[1]) === '10.5.0.2', 15_000);
    await goesOn(heard);
    const isLost = () => said().includes('proxy.example.org is not found any more');
    await until('the agent says so', isLost, 15_000);
    expect(said()).toContain('agent/host-lost');
    expect(said()).toContain(`where it was last, at ${proxies[1]}`);
    expect(gateway.hawser('doctor', '--only', 'agent').out).toMatch(
      /proxy\.example\.org is not found any more[\s\S]*doctor\/agent-notes/,
    );
    expect(called(proxies[1])).toBe('10.5.0.2');
  });

  test('does not lead inside, whatever DNS says', async () => {
    serveNames();
    answer(proxies[1], '10.5.0.1');
    await until('the agent says so', () => said().includes('agent/host-refused'), 15_000);
    expect(said()).toContain('proxy.example.org is said to be at 10.5.0.1');
    expect(called('10.5.0.1')).toMatch(refused);
    expect(called(proxies[1])).toBe('10.5.0.2');
  });

  test('is where AAAA says as well: it is followed over IPv6, for as long as that counts, and never wider', async () => {
    answer(proxies[1], proxies6[0]);
    await until('it is reached', () => called(proxies6[0]) === 'fd05::2', 10_000);
    expect(called(proxies6[0], 22)).toMatch(refused);
    expect(called(proxies6[1])).toMatch(refused);
    const heard = await begin(proxies6[0]);
    answer(proxies[1], proxies6[1]);
    await until('the other is reached', () => called(proxies6[1]) === 'fd05::2', 10_000);
    // Machines may remember the answer before.
    expect(called(proxies6[0])).toBe('fd05::2');
    await outlast();
    await until('the first is no longer', () => refused.test(called(proxies6[0])));
    expect(called(proxies6[1])).toBe('fd05::2');
    await goesOn(heard);
    const inner = ['::1', 'fd05::1', 'fd09::1', 'fe80::1'];
    answer(proxies[1], proxies6[1], ...inner);
    const told = (): string => / is said to be at ([^\n]*), where/.exec(said())?.[1] ?? '';
    await until('all of it is told', () => told().includes(inner.join(', ')), 15_000);
    const set = at('hw-net-gw', 'nft list set inet hawser-net at-proxy.example.org-v6');
    expect(/elements = \{ ([^}]*) \}/.exec(set)?.[1]).toBe(proxies6[1]);
    // Nobody answers for IPv6: the last address stays.
    answer(proxies[1]);
    await until('it is no longer there', () => !said().includes('fd05::1'), 15_000);
    expect(called(proxies6[1])).toBe('fd05::2');
  });

  test('stays where it was by the family of which nobody answers, which is told, while the other is followed', async () => {
    answer(proxies[1], proxies6[1]);
    await until('it is reached', () => called(proxies6[1]) === 'fd05::2', 15_000);
    // The server of names does not hear who asks for AAAA of this name: type 28, after headers of 8 and 12 bytes and the name's 19.
    const chain = 'type filter hook input priority 0; udp dport 53 @th,312,16 28 drop';
    gateway.write('/run/dns/deaf', `table inet deaf {\n chain in {\n ${chain}\n }\n}\n`);
    at('world', 'nft -f /run/dns/deaf');
    await outlast();
    const half = 'proxy.example.org is found, but not over IPv6';
    await until('the agent says so', () => said().includes(half), 30_000);
    expect(said()).toContain(`it was last, at ${proxies6[1]}: no resolver answers`);
    expect(said()).toContain('agent/host-half');
    expect(gateway.hawser('doctor', '--only', 'agent').out).toMatch(
      /not over IPv6[\s\S]*doctor\/agent-notes/,
    );
    expect(called(proxies6[1])).toBe('fd05::2');
    answer(proxies[0]);
    await until('the other is followed', () => called(proxies[0]) === '10.5.0.2', 30_000);
    expect(called(proxies6[1])).toBe('fd05::2');
    answer(proxies[0], proxies6[1]);
    at('world', 'nft delete table inet deaf');
    await until('it says so no more', () => !said().includes(half), 90_000);
  });

  test('leaves flows alone when the agent is killed, and starts with a list that is another elsewhere', async () => {
    answer(proxies[1], proxies6[1]);
    await until('both are reached', () =>
      [proxies[1], proxies6[1]].every((one) =>
        called(one).startsWith(one.includes(':') ? 'fd05' : '10.5'),
      ),
    );
    const flows = [await begin(proxies[1]), await begin(proxies6[1])];
    for (const egress of [', 198.51.100.7, "2001:db8:7::/64"', '']) {
      confirm(file(egress));
      await killAgent();
      await until('its list is that', () => {
        const counters = at('hw-net-gw', 'nft list counters table inet hawser-net');
        return counters.includes('to-198.51.100.7') === (egress !== '');
      });
      for (const heard of flows) await goesOn(heard);
    }
  });

  test.each([
    { snat: false, as: ['10.9.0.1', 'fd09::1'] },
    { snat: true, as: ['10.6.0.2', 'fd06::2'] },
  ])(
    'may be in that of a router of others, over IPv6 as well, with `snat: $snat`',
    async ({ snat, as }) => {
      answer(proxies[0], proxies6[0]);
      addRouterOfOthers(gateway);
      confirm(external(snat));
      gateway.must('agent', 'restart');
      const denied = (): string => at(theirs, 'nft list counter inet hawser-net denied');
      for (const [on, off, own] of [
        [proxies[0], unlisted[0], as[0]],
        [proxies6[0], unlisted[1], as[1]],
      ] as const) {
        await until('the name is reached', () => called(on) === own);
        expect(called(on, 22)).toMatch(refused);
        const before = denied();
        expect(called(off)).toMatch(refused);
        expect(denied()).not.toBe(before);
      }
      expect(called(listed6)).toBe(as[1]);
      expect(called(listed6, 22)).toBe(as[1]);
      // What is none of ours goes on as it did.
      const own = gateway.box.run(inside(theirs, process.execPath, '-e', call(unlisted[1], 3128)));
      expect(own.trim()).toBe('fd06::2');
      answer(proxies[1], proxies6[1]);
      await until('it is followed', () =>
        [proxies[1], proxies6[1]].every((address, one) => called(address) === as[one]),
      );
      confirm(file());
      gateway.must('agent', 'restart');
      await until('ours is there again', () => called(proxies[1]) === '10.5.0.2');
      expect(at(theirs, 'nft list ruleset')).toBe('');
      removeRouterOfOthers(gateway);
    },
  );

  test('has a router of which the doctor tells what keeps it shut', () => {
    const found = (): string => gateway.hawser('doctor', '--only', 'routers').out;
    expect(found()).toMatch(/ok +routers .*hw-net-gw/);
    gateway.must('agent', 'pause');
    // What lets IPv6 through differs between kernels.
    for (const key of ['all.forwarding', 'out-gw.force_forwarding']) {
      gateway.do(`sysctl -qew net.ipv6.conf.${key}=0`);
    }
    expect(found()).toMatch(/by out-gw \(IPv6\)[\s\S]*doctor\/router-shut/);
    expect(found()).not.toContain('(IPv4)');
    gateway.do('sysctl -qw net.ipv4.conf.out-gw.forwarding=0');
    gateway.do('ip address flush dev out-gw');
    expect(found()).toMatch(/10\.5\.0\.1, its next hop[\s\S]*doctor\/router-silent/);
    expect(found()).toMatch(/by out-gw \(IPv4\)[\s\S]*doctor\/router-shut/);
    gateway.do('ip netns del hw-net-gw');
    expect(found()).toContain('doctor/router-gone');
    gateway.must('agent', 'resume');
  });

  test('has a segment of which the doctor tells what the kernel lacks for it, and the agent what it could not make', async () => {
    const [real, odd] = ['/run/ip/real', '/run/ip/odd'];
    const place = gateway.do('readlink -f /sbin/ip').trim();
    gateway.write(real, '');
    gateway.do(`mount --bind ${place} ${real}`);
    gateway.box.write(odd, ipWithoutVxlan(real), '0755');
    const found = (): string => gateway.hawser('doctor', '--only', 'segment-kernel').out;
    expect(found()).toContain('ok    segment-kernel');
    gateway.do(`mount --bind ${odd} ${place}`);
    expect(found()).toMatch(
      /this kernel has no VXLAN[\s\S]*doctor\/kernel-lacks[\s\S]*modprobe vxlan/,
    );
    gateway.must('agent', 'pause');
    gateway.do('ip netns exec hw-net-lab ip link del dev vxlan');
    gateway.must('agent', 'resume');
    const status = (): string => gateway.hawser('agent', 'status').out;
    await until('the agent says so', () => status().includes('host/no-vxlan'));
    await until('the rest works', () => proxies.some((one) => called(one) === '10.5.0.2'));
    // What began before may still read it.
    gateway.do(`umount --lazy ${place}`);
    expect(found()).toContain('ok    segment-kernel');
    for (const word of ['pause', 'resume']) gateway.must('agent', word);
    await until('it is made', () => !status().includes('host/no-vxlan'));
  });
});
