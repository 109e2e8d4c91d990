import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostState } from '#state';
import { filterTable, hubState, strangers } from '../agent/states.ts';
import { repositoryRoot } from '../support/checkout.ts';
import { machineState, type PeerInit } from '../support/states.ts';
import { suite } from '../support/suite.ts';
import { HawserMachine, type Pass, type Proof } from './hawser.ts';

/** Milliseconds for one test: everything is emulated. */
const patience = 1_200_000;

/** Lines of sh that run one in a machine of a lab, with nothing else started. */
const inLabOf = (network: string): string => `
keeper=$(sed -n 's/.*"keeper": *\\([0-9]*\\).*/\\1/p' /tmp/labs/${network}/lab.json)
on() { machine=$1; shift; nsenter -t "$keeper" -m -n -p -- ip netns exec "$machine" "$@"; }
internet() { nsenter -t "$keeper" -m -n -p -- "$@"; }
`;

/** The same with all that a machine has of its own, as the names of its namespaces. */
const atMachine = `
at() {
  pid=$(ps -eo pid,args | sed -n "s/^ *\\([0-9]*\\) hawser lab: $1 *$/\\1/p"); shift
  nsenter -t "$pid" -m -n -p -- "$@"
}
`;

/** Makes the way of the first site slow and lossy, and prints its device. */
const delayUplink = `
uplink=$(internet ip -br link show type veth | sed 's/[@ ].*//;q')
internet tc qdisc add dev "$uplink" root netem delay 50ms loss 1%
echo "$uplink"
`;

/** The stretched segment of the examples; at knox its frames have a tag. */
const tagged = (): string =>
  readFileSync(join(repositoryRoot, 'examples/stretched.yaml'), 'utf8').replace(
    'port: eth1, dhcp: { address: 10.101.128.0',
    'port: eth1, vlan: 1203, dhcp: { address: 10.101.128.0',
  );

/**
 * A router advertisement with a lifetime of half an hour (RFC 4861, section 4.2) to all nodes; perl-base
 * is on every Debian, and the kernel fills in the checksum.
 */
const advertisement = `use Socket qw(:all);
socket(my $s, AF_INET6, SOCK_RAW, 58) or die "socket: $!";
setsockopt($s, 41, 18, pack("i", 255)) or die "hops: $!";
my $index = do { local @ARGV = ("/sys/class/net/lan0/ifindex"); <> } + 0;
my $to = pack_sockaddr_in6(0, inet_pton(AF_INET6, "ff02::1"), $index);
send($s, pack("CCnCCnNN", 134, 0, 0, 64, 0, 1800, 0, 0), 0, $to) or die "send: $!";`;

/** The router of the LAN speaks, once its address is its own, until the machine has a default route from it. */
const learnRoute = `
until ip -6 route show default proto ra | grep -q 'dev eth0'; do
  ip netns exec lan perl -e '${advertisement}' 2>/dev/null || true
  sleep 0.5
done
`;

/** A LAN with a router and a spoke made by hand, whose key it prints; the hub's is given. */
const makeLan = (hubKey: string): string => `
ip netns add lan
ip link add eth0 type veth peer name lan0 netns lan
ip address add 192.168.66.4/24 dev eth0
ip link set eth0 up
ip -n lan address add 192.168.66.9/24 dev lan0
ip -n lan link set lan0 up
ip -n lan link set lo up
wg genkey >/tmp/spoke.key
ip -n lan link add wg9 type wireguard
ip -n lan address add 10.0.0.9/32 dev wg9
ip -n lan link set wg9 up
ip -n lan route add 10.0.0.0/24 dev wg9
ip netns exec lan wg set wg9 private-key /tmp/spoke.key peer ${hubKey} allowed-ips 10.0.0.0/24 endpoint 192.168.66.4:51820
wg pubkey </tmp/spoke.key
`;

/**
 * A machine that speaks with tag 9 on a trunk, `eth1`, which is down; and one behind the spoke, as the
 * spoke's own end of VXLAN.
 */
const makeStations = `
ip link del wg0
ip netns add tagged
ip link add eth1 type veth peer name trunk netns tagged
ip -n tagged link set trunk up
ip -n tagged link add link trunk name port type vlan id 9
ip -n tagged link set port address 02:00:00:00:00:01 up
ip -n tagged address add 10.9.0.1/24 dev port
ip -n lan link add station address 02:00:00:00:00:02 type vxlan id 7 dstport 14789 local 10.0.0.9 remote 10.0.0.1 nolearning
ip -n lan address add 10.9.0.2/24 dev station
ip -n lan link set station up
ip -n lan neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 dev station
`;

/** With the gateway's end of that segment. */
const withSegment = (state: HostState): HostState => ({
  ...state,
  namespaces: {
    ...state.namespaces,
    'hw-net-lab': {
      bridges: { v: 1, items: [{ name: 'bridge' }] },
      vxlans: {
        v: 1,
        items: [{ name: 'vxlan', bridge: 'bridge', vni: 7, port: 14_789, local: '10.0.0.1' }],
      },
      vlans: { v: 1, items: [{ name: 'vlan9', parent: 'eth1', tag: 9, bridge: 'bridge' }] },
      fdb: { v: 1, items: [{ device: 'vxlan', mac: '02:00:00:00:00:02', to: '10.0.0.9' }] },
      neighbours: {
        v: 1,
        items: [{ device: 'bridge', address: '10.9.0.2', mac: '02:00:00:00:00:02' }],
      },
    },
  },
});

/** All that Hawser changes on a machine, without counters. */
const picture = `
ip -br link; ip -br address; ip rule; ip -6 rule
ip route show table all | sed 's/ expires [0-9]*sec//'; nft list ruleset
sysctl -ar '^net.ipv[46].conf.*(forwarding|accept_ra|src_valid_mark)$'
`;

/** What a tunnel is, without counters and where its peers are. */
const tunnelPicture = `
wg showconf wg0 | grep -v Endpoint; ip -br link show wg0; ip -br address show wg0; ip route show dev wg0
`;

/** Ends the pings that run, and tells which were answered. */
const endFlood = `
kill -INT $(cat /tmp/flood.pid)
until grep 'packet loss' /tmp/flood; do sleep 0.2; done
grep -o 'icmp_seq=[0-9]*' /tmp/flood
`;

function expectUnbroken(said: string): void {
  const answered = [...said.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number));
  expect(answered.length).toBeGreaterThan(10);
  expect(answered).toEqual(answered.map((_, index) => index + 1));
}

function expectHolds({ mismatches, handshakes }: Proof): void {
  expect(mismatches).toEqual([]);
  expect(handshakes.missing).toEqual([]);
}

suite('on Debian’s own kernel', { needs: ['qemu', 'root', 'procps'] }, () => {
  let vm: HawserMachine;

  beforeAll(async () => {
    vm = await HawserMachine.boot();
  }, patience);
  afterAll(() => vm.close());

  function apply(state: HostState): Promise<Pass> {
    const file = vm.machine.write('state.json', JSON.stringify(state));
    return vm.json<Pass>('agent', 'apply', '--state', file);
  }

  describe('a lab', () => {
    const inLab = inLabOf('denbi-hybrid');

    test(
      'has tunnels that are devices of the kernel, and a second pass writes nothing',
      async () => {
        await vm.must('lab', 'up', '--direct', '--no-proof', 'examples/hybrid-cloud.yaml');
        const state = '/tmp/labs/denbi-hybrid/states/master.json';
        const apply = [...vm.bundle, 'agent', 'apply', '--json', '--state', state];
        const said = await vm.script(`${inLab}
          on master ip -d link show wg0 | grep -w wireguard >&2
          test -z "$(ps -eo comm | grep wireguard-go)"
          HAWSER_LABS=/tmp/labs ${vm.bundle.join(' ')} lab exec master -- ${apply.join(' ')}`);
        const pass = JSON.parse(said) as Pass;
        expect(pass).toMatchObject({ unchanged: true, writes: 0, backends: { wg0: 'kernel' } });
      },
      patience,
    );

    test(
      'refuses what a deleted device should carry; one pass repairs it, and every flow does what the file says, on a slow and lossy way',
      async () => {
        const refused = await vm.script(`${inLab}
          on vpn ip link del wg0
          on remote-1 ping -n -c 1 -W 20 192.168.66.11 || true`);
        expect(refused).toContain('From 192.168.77.4 icmp_seq=1 Destination Host Unreachable');
        await vm.must('lab', 'reconcile', 'vpn');
        const delayed = await vm.script(`${inLab}${delayUplink}`);
        const proof = await vm.json<Proof>('lab', 'prove');
        expectHolds(proof);
        expect(proof.handshakes.expected).toBeGreaterThan(0);
        expect(proof.flows.length).toBeGreaterThan(0);
        const queue = await vm.script(`${inLab} internet tc -s qdisc show dev ${delayed.trim()}`);
        expect(queue).toMatch(/netem.*\n Sent [1-9]/);
      },
      patience,
    );

    test(
      'taken down, leaves nothing',
      async () => {
        await vm.must('lab', 'down');
        const left = await vm.script(
          `ip -br link; ls /tmp/labs; ps -eo args | grep '[h]awser' || true`,
        );
        expect(
          left
            .trim()
            .split('\n')
            .map((line) => line.split(/\s/)[0]),
        ).toEqual(['lo']);
      },
      patience,
    );
  });

  describe('a lab with a stretched segment', () => {
    const inLab = inLabOf('stretched');
    const space = 'ip netns exec hw-stretched-mosler';
    const tables = `${atMachine}
      at knox-gw ${space} nft list tables | grep policy`;

    test(
      'lets pass what its policy says and nothing else, between a VLAN and a routed port, on a slow and lossy way',
      async () => {
        await vm.script('test ! -e /proc/sys/net/bridge');
        const file = vm.machine.write('stretched.yaml', tagged());
        await vm.must('lab', 'up', '--direct', '--no-proof', file);
        await vm.script(`${inLab}${atMachine}${delayUplink}
          at knox-gw ${space} ip -d link show vlan1203 | grep -w '802.1Q id 1203'
          at knox-gw ip -d link show wg0 | grep -w wireguard`);
        const proof = await vm.json<Proof>('lab', 'prove');
        expectHolds(proof);
        expect(proof.flows.length).toBeGreaterThan(0);
        // Bridges track connections here, so nobody has to load anything.
        expect(await vm.script(tables)).toContain('bridge hawser-stretched-policy-tracked');
      },
      patience,
    );

    test(
      'asks the policy in the filters of IP once br_netfilter is there, and lets the same pass',
      async () => {
        await vm.script('modprobe br_netfilter');
        await vm.must('lab', 'reconcile', 'knox-gw');
        const now = await vm.script(tables);
        expect(now).toContain('inet hawser-stretched-policy');
        expect(now).not.toContain('tracked');
        const proof = await vm.json<Proof>('lab', 'ping', 'epouta-1', 'knox-1');
        expect(proof.mismatches).toEqual([]);
        await vm.must('lab', 'down');
        await vm.script('rmmod br_netfilter');
      },
      patience,
    );
  });

  describe('an agent', () => {
    interface Doctor {
      readonly checks: readonly {
        readonly findings: readonly { readonly code: string; readonly fix: string }[];
      }[];
    }
    /** What the doctor says of how WireGuard is done. */
    const findings = async () =>
      (await vm.json<Doctor>('doctor', '--only', 'wireguard')).checks.flatMap(
        (check) => check.findings,
      );

    /** Of a spoke made by hand. */
    let spokeKey: string;
    let before: string;

    /** The hub with the spoke made by hand and these others; its filter lets all pass. */
    function wished(peers: Readonly<Record<string, PeerInit>>): HostState {
      const state = hubState({
        spoke: { publicKey: spokeKey, carries: ['10.0.0.9/32'] },
        ...peers,
      });
      const root = state.namespaces['root'] ?? {};
      const table = { ...filterTable(), chains: [], maps: [] };
      return { ...state, namespaces: { root: { ...root, nft: { v: 1, items: [table] } } } };
    }

    test(
      'makes its tunnel in the kernel; where IPv6 forwards for all devices, advertised routes stay',
      async () => {
        const hubKey = (await vm.hawser('agent', 'key', '--network', 'net')).out.trim();
        spokeKey = (await vm.script(makeLan(hubKey))).trim();
        // Of a time when the kernel could not.
        await vm.script('modprobe tun; wireguard-go wg0; ip link set wg0 alias hawser:net:wg0');
        const [slow] = await findings();
        expect(slow?.code).toBe('doctor/slow-wireguard');
        await vm.script(/`([^`]+)`/.exec(slow?.fix ?? '')?.[1] ?? 'false');
        before = await vm.script(`${learnRoute}${picture}`);
        const pass = await apply(wished(strangers('vpn', 'alice')));
        expect(pass).toMatchObject({ failures: [], backends: { wg0: 'kernel' } });
        expect(await findings()).toEqual([]);
        const said = await vm.script(`
          test ! -e /proc/sys/net/ipv6/conf/eth0/force_forwarding
          sysctl -n net.ipv6.conf.all.forwarding net.ipv6.conf.eth0.accept_ra
          ip -6 route show default proto ra | grep -o 'dev eth0'
          ip -6 route flush proto ra
          ${learnRoute}
          ip netns exec lan ping -q -c 3 -i 0.2 -W 20 10.0.0.1 | grep -o ' 0% packet loss'`);
        expect(said.trim().split(/\n\s*/)).toEqual(['1', '2', 'dev eth0', '0% packet loss']);
      },
      patience,
    );

    test(
      'a healthy tunnel loses nothing while others come, change, go and hand over a prefix',
      async () => {
        const others = {
          vpn: { keepalive: 7, carries: ['10.0.1.0/32'] },
          bob: { carries: ['10.0.1.1/32', '10.0.3.0/24'] },
        };
        await vm.script(
          'ip netns exec lan ping -n -i 0.02 10.0.0.1 >/tmp/flood & echo $! >/tmp/flood.pid',
        );
        const pass = await apply(wished(others));
        const said = await vm.script(endFlood);
        expect(pass.failures).toEqual([]);
        expect(pass.changes.filter(({ kind }) => kind === 'move')).not.toEqual([]);
        expect(pass.changes.filter(({ id }) => id.includes(spokeKey))).toEqual([]);
        expectUnbroken(said);
        expect(await apply(wished(others))).toMatchObject({ unchanged: true, writes: 0 });
      },
      patience,
    );

    test(
      'cleanup leaves the machine as it was, sysctls too',
      async () => {
        expect((await vm.hawser('agent', 'cleanup')).code).toBe(0);
        expect(await vm.script(picture)).toBe(before);
      },
      patience,
    );

    test(
      'takes a tunnel of the kernel over that others made, and gives it back, without a lost packet',
      async () => {
        const adoption = { network: 'net', interface: 'wg0', anyway: false, units: [] };
        const file = vm.machine.write('adoption.json', JSON.stringify(adoption));
        const made = await vm.script(`
          ip link add wg0 type wireguard
          wg set wg0 private-key /var/lib/hawser/keys/net/0.key listen-port 51820 peer ${spokeKey} allowed-ips 10.0.0.9/32
          ip address add 10.0.0.1/24 dev wg0
          ip link set wg0 up
          own=$(wg show wg0 public-key)
          ip netns exec lan wg set wg9 peer $own remove
          ip netns exec lan wg set wg9 peer $own allowed-ips 10.0.0.0/24 endpoint 192.168.66.4:51820
          ip netns exec lan ping -q -c 1 -W 20 10.0.0.1 >/dev/null
          install -D -m 600 ${file} /var/lib/hawser/adopted/net.json
          ip netns exec lan ping -n -i 0.02 10.0.0.1 >/tmp/flood & echo $! >/tmp/flood.pid
          ${tunnelPicture}`);
        const state = machineState({
          network: 'net',
          addresses: ['10.0.0.1/32'],
          peers: { spoke: { publicKey: spokeKey, carries: ['10.0.0.9/32'] } },
          routes: [{ prefix: '10.0.0.0/24', device: 'wg0', table: 254 }],
        });
        const pass = await apply(state);
        expect(pass).toMatchObject({ failures: [], changes: [], writes: 1 });
        const marked = `${tunnelPicture}\nip -d link show wg0 | grep -o 'alias hawser.*' || true`;
        expect(await vm.script(marked)).toBe(`${made}alias hawser:net:adopted/wg0\n`);
        expect((await vm.hawser('agent', 'cleanup')).code).toBe(0);
        const said = await vm.script(`${marked}\necho ---\n${endFlood}`);
        expect(said.split('---')[0]).toBe(made);
        expectUnbroken(said);
      },
      patience,
    );

    test(
      'joins machines with a VLAN tag on its port to those behind a tunnel, and leaves the port where it is',
      async () => {
        await vm.script(makeStations);
        const state = withSegment(
          machineState({
            network: 'net',
            addresses: ['10.0.0.1/32'],
            peers: { spoke: { publicKey: spokeKey, carries: ['10.0.0.9/32'] } },
            routes: [{ prefix: '10.0.0.0/24', device: 'wg0', table: 254 }],
          }),
        );
        expect(await apply(state)).toMatchObject({ failures: [], backends: { wg0: 'kernel' } });
        const said = await vm.script(`
          own=$(wg show wg0 public-key)
          ip netns exec lan wg set wg9 peer $own remove
          ip netns exec lan wg set wg9 peer $own allowed-ips 10.0.0.0/24 endpoint 192.168.66.4:51820
          ip netns exec lan ping -q -c 1 -W 20 10.0.0.1 >/dev/null
          ip netns exec tagged ping -q -c 2 -i 0.2 -W 20 10.9.0.2 | grep -o ' 0% packet loss'
          ip netns exec hw-net-lab ip -d link show vlan9 | grep -o '802.1Q id 9'
          ip -br link show eth1 | grep -o UP | head -n 1`);
        expect(said.trim().split(/\n\s*/)).toEqual(['0% packet loss', '802.1Q id 9', 'UP']);
        expect(await apply(state)).toMatchObject({ unchanged: true, writes: 0 });
        expect((await vm.hawser('agent', 'cleanup')).code).toBe(0);
        expect(await vm.script('ip netns list; ip -br link show eth1')).toMatch(
          /^(?!.*hw-net-lab).*eth1/s,
        );
      },
      patience,
    );
  });
});
