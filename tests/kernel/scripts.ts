import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostState } from '#state';
import { repositoryRoot } from '../support/checkout.ts';

/** Lines of sh that run one in a machine of a lab, with nothing else started. */
export const inLabOf = (network: string): string => `
keeper=$(sed -n 's/.*"keeper": *\\([0-9]*\\).*/\\1/p' /tmp/labs/${network}/lab.json)
on() { machine=$1; shift; nsenter -t "$keeper" -m -n -p -- ip netns exec "$machine" "$@"; }
internet() { nsenter -t "$keeper" -m -n -p -- "$@"; }
`;

/** The same with all that a machine has of its own, as the names of its namespaces; what it begins in those comes later. */
export const atMachine = `
at() {
  pid=$(ps -eo pid,args | sed -n "s/^ *\\([0-9]*\\) hawser lab: $1 *$/\\1/p" | head -n 1); shift
  nsenter -t "$pid" -m -n -p -- "$@"
}
`;

/** Makes the way of the first site slow and lossy, and prints its device. */
export const delayUplink = `
uplink=$(internet ip -br link show type veth | sed 's/[@ ].*//;q')
internet tc qdisc add dev "$uplink" root netem delay 50ms loss 1%
echo "$uplink"
`;

/** What passed there. */
export const delayed = (uplink: string): string => `internet tc -s qdisc show dev ${uplink}`;

/** The stretched segment of the examples; at each of its sites frames have a tag, of their own. */
export const tagged = (): string =>
  readFileSync(join(repositoryRoot, 'examples/stretched.yaml'), 'utf8')
    .replace('port: eth1, dhcp:', 'port: eth1, vlan: 1203, dhcp:')
    .replace('port: eth1, mode: proxy', 'port: eth1, vlan: 1204, mode: proxy');

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
export const learnRoute = `
until ip -6 route show default proto ra | grep -q 'dev eth0'; do
  ip netns exec lan perl -e '${advertisement}' 2>/dev/null || true
  sleep 0.5
done
`;

/** A LAN with a router and a spoke made by hand, whose key it prints; the hub's is given. */
export const makeLan = (hubKey: string): string => `
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
export const makeStations = `
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
export const withSegment = (state: HostState): HostState => ({
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
export const picture = `
ip -br link; ip -br address; ip rule; ip -6 rule
ip route show table all | sed 's/ expires [0-9]*sec//'; nft list ruleset
sysctl -ar '^net.ipv[46].conf.*(forwarding|accept_ra|src_valid_mark)$'
`;

/** What a tunnel is, without counters and where its peers are. */
export const tunnelPicture = `
wg showconf wg0 | grep -v Endpoint; ip -br link show wg0; ip -br address show wg0; ip route show dev wg0
`;

/** Ends the pings that run, and tells which were answered. */
export const endFlood = `
kill -INT $(cat /tmp/flood.pid)
until grep 'packet loss' /tmp/flood; do sleep 0.2; done
grep -o 'icmp_seq=[0-9]*' /tmp/flood
`;

/** Both give up after minutes; an emulated machine takes seconds. */
const take = `alarm 300; my $ear = IO::Socket::IP->new(Listen => 1, LocalHost => "::", LocalPort => 7005, V6Only => 0, ReuseAddr => 1)
  or die "listen: $@"; my $from = $ear->accept; print $bytes while sysread $from, $bytes, 65536;`;
const give = `alarm 300; my $to = IO::Socket::IP->new(PeerHost => shift, PeerPort => 7005) or die "connect: $@";
local $/; print $to <STDIN>; close $to or die "close: $!";`;

/** Sends a megabyte from one machine to another at an address of it, over TCP; what comes there is the same. */
export const megabyte = `
megabyte() {
  at "$2" perl -MIO::Socket::IP -e '${take}' >/tmp/taken & taker=$!
  until at "$2" ss -Hltn sport = :7005 | grep -q .; do sleep 0.2; done
  head -c 1048576 /dev/urandom >/tmp/given
  at "$1" perl -MIO::Socket::IP -e '${give}' "$3" </tmp/given
  wait $taker
  cmp /tmp/given /tmp/taken
}
`;

/** Puts frames, given in lines, out of a machine by its device; see `sender`. */
export const speak = `
speak() { at "$1" perl -e "$(cat /run/jobs/sender)" "$(at "$1" ip -o link show dev eth0 | cut -d : -f 1)"; }
`;
