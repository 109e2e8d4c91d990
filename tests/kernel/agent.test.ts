import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostState } from '#state';
import { filterTable, hubState, strangers } from '../agent/states.ts';
import type { PeerInit } from '../support/states.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { HawserMachine, type Pass } from './hawser.ts';

/** Milliseconds for one test: everything is emulated. */
const patience = 600_000;

/**
 * A router advertisement with a lifetime of half an hour (RFC 4861, section 4.2) to all nodes; perl-base
 * is on every Debian, and the kernel fills in the checksum.
 */
const advertise = `use Socket qw(:all);
socket(my $s, AF_INET6, SOCK_RAW, 58) or die "socket: $!";
setsockopt($s, 41, 18, pack('i', 255)) or die "hops: $!";
my $index = do { local @ARGV = ('/sys/class/net/lan0/ifindex'); <> } + 0;
my $to = pack_sockaddr_in6(0, inet_pton(AF_INET6, 'ff02::1'), $index);
send($s, pack('CCnCCnNN', 134, 0, 0, 64, 0, 1800, 0, 0), 0, $to) or die "send: $!";`;

const others: readonly (readonly [what: string, peers: Record<string, PeerInit>])[] = [
  ['a peer comes', strangers('vpn', 'alice', 'bob')],
  [
    'a peer changes',
    { ...strangers('vpn', 'alice'), bob: { keepalive: 7, carries: ['10.0.3.0/24'] } },
  ],
  [
    'a prefix moves',
    { ...strangers('vpn'), alice: { carries: ['10.0.3.0/24'] }, bob: { carries: ['10.0.1.1/32'] } },
  ],
  ['two peers go', strangers('vpn')],
];

suite('an agent on kernel WireGuard', { needs: ['qemu', 'root', 'procps'] }, () => {
  let vm: HawserMachine;
  /** The key of a spoke made by hand, in the namespace `lan`. */
  let spokeKey: string;
  let before: string;

  beforeAll(async () => {
    vm = await HawserMachine.boot();
    for (const line of [
      'ip netns add lan',
      'ip link add eth0 type veth peer name lan0 netns lan',
      'ip address add 192.168.66.4/24 dev eth0',
      'ip link set eth0 up',
      'ip -n lan address add 192.168.66.9/24 dev lan0',
      'ip -n lan link set lan0 up',
      'ip -n lan link set lo up',
    ]) {
      await vm.do(line);
    }
    const hubKey = (await vm.hawser('agent', 'key', '--network', 'net')).out.trim();
    const privateKey = await vm.do('wg genkey');
    const keyFile = vm.machine.write('spoke.key', privateKey);
    spokeKey = (await vm.machine.must(['sh', '-c', `wg pubkey <${keyFile}`])).trim();
    for (const line of [
      'ip -n lan link add wg9 type wireguard',
      'ip -n lan address add 10.0.0.9/32 dev wg9',
      'ip -n lan link set wg9 up',
      'ip -n lan route add 10.0.0.0/24 dev wg9',
      `ip netns exec lan wg set wg9 private-key ${keyFile} peer ${hubKey} allowed-ips 10.0.0.0/24 endpoint 192.168.66.4:51820`,
    ]) {
      await vm.do(line);
    }
  }, patience);
  afterAll(() => vm.close());

  /** All that Hawser changes on a machine, without counters. */
  const picture = (): Promise<string> =>
    vm.machine.must([
      'sh',
      '-c',
      `ip -br link; ip -br address; ip rule; ip -6 rule
       ip route show table all | sed 's/ expires [0-9]*sec//'; nft list ruleset
       sysctl -ar '^net.ipv[46].conf.*(forwarding|accept_ra|src_valid_mark)$'`,
    ]);

  /** The hub with the spoke made by hand and these others; its filter lets all pass. */
  function wished(peers: Readonly<Record<string, PeerInit>>): HostState {
    const state = hubState({ spoke: { publicKey: spokeKey, carries: ['10.0.0.9/32'] }, ...peers });
    const root = state.namespaces['root'] ?? {};
    const table = { ...filterTable(), chains: [], maps: [] };
    return {
      ...state,
      namespaces: { root: { ...root, nft: { v: 1, items: [table] } } },
    };
  }

  async function apply(state: HostState): Promise<Pass> {
    const file = vm.machine.write('state.json', JSON.stringify(state));
    return vm.json<Pass>('agent', 'apply', '--state', file);
  }

  const fromSpoke = (line: string): Promise<string> => vm.do(`ip netns exec lan ${line}`);
  const advertisedRoute = (): Promise<string> => vm.do('ip -6 route show default proto ra');

  /** Lets the router of the LAN speak until the machine has heard it. */
  const learnRoute = (): Promise<unknown> =>
    until(
      'a default route by router advertisement',
      async () => {
        await vm.machine.must(['ip', 'netns', 'exec', 'lan', 'perl', '-e', advertise]);
        return (await advertisedRoute()).includes('dev eth0');
      },
      60_000,
    );

  test(
    'a machine learns a default route from a router advertisement',
    async () => {
      await learnRoute();
      before = await picture();
    },
    patience,
  );

  test(
    'makes its tunnel in the kernel and says so; a second pass writes nothing',
    async () => {
      const first = await apply(wished(strangers('vpn', 'alice')));
      expect(first.failures).toEqual([]);
      expect(first.backends).toEqual({ wg0: 'kernel' });
      expect(await vm.do('ip -d link show wg0')).toContain('wireguard');
      expect(await vm.do('ps -eo comm')).not.toContain('wireguard-go');
      expect(await apply(wished(strangers('vpn', 'alice')))).toMatchObject({
        unchanged: true,
        writes: 0,
      });
      expect(await fromSpoke('ping -c 3 -i 0.2 -W 10 10.0.0.1')).toContain(' 0% packet loss');
    },
    patience,
  );

  test(
    'where IPv6 forwards for all devices or none, advertised routes stay',
    async () => {
      const ofDevice = await vm.machine.run([
        'test',
        '-e',
        '/proc/sys/net/ipv6/conf/eth0/force_forwarding',
      ]);
      expect(ofDevice.code).toBe(1);
      expect((await vm.do('sysctl -n net.ipv6.conf.all.forwarding')).trim()).toBe('1');
      expect((await vm.do('sysctl -n net.ipv6.conf.eth0.accept_ra')).trim()).toBe('2');
      expect(await advertisedRoute()).toContain('dev eth0');
      await vm.do('ip -6 route flush proto ra');
      await learnRoute();
    },
    patience,
  );

  test.each(others)(
    'a healthy tunnel loses nothing while %s',
    async (_, peers) => {
      await vm.machine.must(['sh', '-c', `${flood} >/tmp/flood & echo $! >/tmp/flood.pid`]);
      const pass = await apply(wished(peers));
      await vm.machine.must(['sh', '-c', 'kill -INT $(cat /tmp/flood.pid)']);
      expect(pass.failures).toEqual([]);
      expect(pass.changes.length).toBeGreaterThan(0);
      expect(pass.changes.filter(({ id }) => id.includes(spokeKey))).toEqual([]);
      const answered = await answers();
      expect(answered.length).toBeGreaterThan(10);
      expect(answered).toEqual(answered.map((_, index) => index + 1));
      expect(await apply(wished(peers))).toMatchObject({ unchanged: true, writes: 0 });
    },
    patience,
  );

  const flood = 'ip netns exec lan ping -n -i 0.02 10.0.0.1';

  /** The numbers of the pings that were answered, in order; the last one sent may still be under way. */
  async function answers(): Promise<readonly number[]> {
    const said = await until('the pings end', async () => {
      const text = await vm.do('cat /tmp/flood');
      return text.includes('packet loss') && text;
    });
    return [...said.matchAll(/bytes from .*icmp_seq=(\d+)/g)].map(([, number]) => Number(number));
  }

  test(
    'a deleted device comes back with all its peers',
    async () => {
      await vm.do('ip link del wg0');
      expect((await apply(wished(strangers('vpn')))).failures).toEqual([]);
      // The spoke calls again when it sent something and heard nothing for 15 seconds (WireGuard, section 6.2).
      await until('the tunnel works', () => fromSpoke('ping -c 3 10.0.0.1'), 120_000);
      expect((await vm.do('wg show wg0 peers')).trim().split('\n').length).toBe(2);
    },
    patience,
  );

  test(
    'cleanup leaves the machine as it was, sysctls too',
    async () => {
      expect((await vm.hawser('agent', 'cleanup')).code).toBe(0);
      expect(await picture()).toBe(before);
    },
    patience,
  );
});
