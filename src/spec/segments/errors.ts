/** What can be wrong with segments and their machines. */
export const segmentErrors = {
  'spec/segment-subnets': {
    says: 'segment `{segment}` has several subnets of one family',
    fix: 'Keep one range of IPv4, one of IPv6, or one of each.',
  },
  'spec/outside-segment': {
    says: '{what} lies outside segment `{segment}` ({subnets})',
    fix: 'Correct it, or widen the `subnet` of the segment.',
  },
  'spec/pool-holds': {
    says: 'the pool {pool} holds {what}',
    fix: 'Leave it out: `hawser check --suggest` proposes pools for segment `{segment}`.',
  },
  'spec/dhcp-without-pool': {
    says: 'the DHCP server {address} of site `{site}` has no pool of IPv{family} to give from',
    fix: 'Give the site one (`hawser check --suggest` proposes pools for segment `{segment}`), or take the address out.',
  },
  'spec/dhcp-behind-proxy': {
    says: 'no machine at site `{site}` would hear a DHCP server of ours: its cloud drops foreign MAC addresses (`mode: proxy`), and answers of DHCP servers that are not its own, too',
    fix: 'Say `by: cloud` there, and give the subnet in the cloud the pool of segment `{segment}`; or `mode: bridge`, if the cloud lets both pass.',
  },
  'spec/forward-unanswered': {
    says: 'nobody at site `{site}` asks the DHCP server of segment `{segment}` for names, so it has none to forward',
    fix: 'Name it in `dns` of the segment, with `by: hawser`; or take `forward` out.',
  },
  'spec/forward-to-itself': {
    says: 'the DHCP server of segment `{segment}` at `{site}` would ask itself, {address}, for the names of others',
    fix: 'Name the servers of the cloud or of the site that know them, or take `forward` out.',
  },
  'spec/dns-family': {
    says: 'no machine of segment `{segment}` asks {address} for names: the segment has no IPv{family}',
    fix: 'Take it out of `dns`, or give the segment a `subnet` of IPv{family}.',
  },
  'spec/dns-without-router': {
    says: 'no machine of segment `{segment}` reaches {address} for names: it lies outside, and the segment has no router of IPv{family}',
    fix: 'Give the segment a `router`, or name an address of the segment itself in `dns`; nothing is to do where its machines have another way there.',
  },
  'spec/forward-without-router': {
    says: 'the DHCP server of segment `{segment}` at `{site}` has no way to {address}: the segment has no router of IPv{family}',
    fix: 'Give the segment a `router`, or name an address of the segment itself.',
  },
  'spec/forward-not-let-out': {
    says: 'router `{router}` lets nobody ask {address} for names, so they stay unknown',
    fix: 'Put it into its `egress`, with `ports: [udp/53, tcp/53]`.',
  },
  'spec/pools-overlap': {
    says: 'the pool {pool} overlaps {other} of {of}, at {first}',
    fix: 'Give each site addresses of its own: `hawser check --suggest` proposes pools.',
  },
  'spec/outside-pool': {
    says: '{address} of `{name}` lies outside what site `{site}` has of segment `{segment}` ({pools})',
    fix: 'Correct the address, or let `segments.{segment}.sites.{site}.pool` hold it as well.',
  },
  'spec/address-by-cloud': {
    says: '`{name}` has no `address`, and at site `{site}` the cloud gives those of segment `{segment}`',
    fix: 'Write the address that the cloud gave it: the other sites cannot know it otherwise.',
  },
  'spec/segment-unmanaged': {
    says: '`{name}` cannot join a segment: it runs nothing of ours',
    fix: 'Let it be managed, and join it with `hawser join`; or take `segment` out.',
  },
  'spec/segment-without-pool': {
    says: 'segment `{segment}` has no addresses for members, and `{name}` joins it alone',
    fix: 'Give the segment a `pool` of its own: `hawser check --suggest` proposes one.',
  },
  'spec/segment-not-there': {
    says: 'segment `{segment}` does not reach site `{site}`',
    fix: 'Add `{site}` to `segments.{segment}.sites`, with its pool and port.',
  },
  'spec/segment-without-gateway': {
    says: 'segment `{segment}` should reach site `{site}`, which has no gateway',
    fix: 'Give the site a gateway: a segment meets a site at its first one.',
  },
  'spec/vni-twice': {
    says: 'VNI {vni} is already that of segment `{other}`, at {first}',
    fix: 'Give each segment a number of its own.',
  },
  'spec/port-taken': {
    says: 'port `{port}` of site `{site}` already belongs to segment `{segment}`, at {first}',
    fix: 'Use another port, or give every segment on it a `vlan` of its own.',
  },
  'spec/port-name': {
    says: '`{port}` cannot be the port of a segment: the namespace that it would move into has a device of that name',
    fix: 'Rename the device on the gateway (`ip link set dev {port} name lan0`), and name it here.',
  },
  'spec/port-is-tunnel': {
    says: '`{port}` is the device of the tunnels of `{gateway}`, and cannot be the port of a segment',
    fix: 'Name the network card on which the machines of the segment are, as `ip link` shows it.',
  },
  'spec/port-of-vxlan': {
    says: '`{name}` listens on UDP port {port}, which is that of VXLAN, and carries a segment',
    fix: 'Give it another `port`; 51820 is usual.',
  },
  'spec/segment-mtu': {
    says: 'segment `{segment}` has IPv6, which needs 1280 bytes, and at site `{site}` {mtu} are left of {underlay}',
    fix: 'Give the site a network with an MTU of {least} or more, or the segment IPv4 alone.',
  },
  'spec/bad-mac': {
    says: '`{text}` is no MAC address of a machine',
    fix: 'Write six pairs of hexadecimal digits with colons between, such as "fa:16:3e:8b:c4:6a", in quotes.',
  },
  'spec/multicast-mac': {
    says: '`{text}` is the MAC address of a group: the first pair of digits is odd',
    fix: 'Copy the address of the machine’s own device, as `ip link` shows it.',
  },
  'spec/mac-twice': {
    says: '{mac} is already the MAC address of `{other}`, at {first}',
    fix: 'Give each machine a MAC address of its own.',
  },
  'spec/mac-count': {
    says: '`{name}` names {names} machines, and `mac` gives {macs} addresses',
    fix: 'Give one for each, as a list or a range such as "fa:16:3e:8b:c4:[10-13]".',
  },
  'spec/only-in-a-segment': {
    says: '`{name}` has `{key}`, and is in no segment',
    fix: 'Say its `segment`, or remove `{key}`: other hosts are known by their addresses.',
  },
  'spec/allow-in-segment': {
    says: 'what `{name}` is allowed, {allow}, reaches into segment `{segment}` ({subnet})',
    fix: 'Name networks behind that machine: addresses of the segment belong to the machines that have them.',
  },
  'spec/allow-elsewhere': {
    says: 'what `{name}` is allowed, {allow}, reaches into {what} ({range})',
    fix: 'Name networks behind that machine alone: else it may send in the name of others.',
  },
  'spec/not-in-a-segment': {
    says: '`{key}` means nothing at `{name}`, which is in segment `{segment}`',
    fix: 'Remove it.',
  },
  'spec/inside-a-segment': {
    says: '`{name}` is a machine of a segment, and cannot be named here',
    fix: 'Name machines and plain hosts only.',
  },
  'spec/taps-without-segment': {
    says: '`taps` of `{name}` would let nobody send: no segment reaches site `{site}`',
    fix: 'Remove it, or name the site among those of a segment.',
  },
  'spec/flood-is-loud': {
    says: 'broadcasts in segment `{segment}` cross to all other sites in bridge mode ({times})',
    fix: 'Remove `flood` unless a program there needs broadcasts: addresses are found without.',
  },
  'spec/flood-to-nobody': {
    says: '`flood` of segment `{segment}` changes nothing: fewer than two of its sites are in bridge mode',
    fix: 'Remove it, or give two sites `mode: bridge`.',
  },
} as const;
