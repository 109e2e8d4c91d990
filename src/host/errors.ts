import { errorTable } from '#base';

export const hostErrors = errorTable({
  'host/command-failed': {
    says: '`{argv}` ended with {exit}: {stderr}',
    fix: 'Read what the program said; the next run tries again.',
  },
  'host/command-missing': {
    says: 'there is no program {program} on this machine',
    fix: 'Install the package that holds {program}.',
  },
  'host/command-hangs': {
    says: '`{argv}` did not end within {seconds} s and was stopped',
    fix: 'See whether the machine is overloaded or the device it asks is stuck.',
  },
  'host/unreadable': {
    says: 'what `{program}` printed makes no sense: {detail}',
    fix: 'Report it with the version of {program}.',
  },
  'host/interface-taken': {
    says: 'the name {interface} belongs to a device that is not of network {network}',
    fix: 'Rename that device, `ip link set dev {interface} name OTHER`, or give the network another `interface:` in its file.',
  },
  'host/port-taken': {
    says: 'UDP port {port}, wanted for {interface}, is in use by {holder}',
    fix: 'Give the machine another `port:`, or stop what listens there.',
  },
  'host/route-taken': {
    says: 'there is a route to {prefix} in table {table} that is not of network {network}',
    fix: 'Remove that route, or take the prefix out of the network.',
  },
  'host/table-taken': {
    says: 'the nft table {family} {name} is not of network {network}',
    fix: 'Rename that table, or the network.',
  },
  'host/no-such-device': {
    says: 'no device {what}',
    fix: 'See `ip address`; the item is done as soon as the device is there.',
  },
  'host/no-dnsmasq': {
    says: 'there is no program dnsmasq on this machine, so it does not answer for the names of {zone}',
    fix: 'Install the package dnsmasq-base (dnsmasq on other distributions than Debian’s); it is started as soon as it is there.',
  },
  'host/no-dhcp': {
    says: 'there is no program dnsmasq on this machine, so nobody gives addresses to the machines in {namespace}',
    fix: 'Install the package dnsmasq-base (dnsmasq on other distributions than Debian’s); it is started as soon as it is there.',
  },
  'host/leases-damaged': {
    says: 'the file of leases {file} had lines that are none; it was put aside as {aside}, and what could be read of it holds on',
    fix: 'See what happened to it (a full disk?), and remove {aside}. Machines whose leases were lost get new ones, most of them the same.',
  },
  'host/leases-closed': {
    says: 'the file of leases {file} cannot be written: {detail}; nobody gives addresses there meanwhile',
    fix: 'Make room, or let root write it: `df`, `lsattr` and `findmnt` show what keeps it closed. Leases that are in it hold, and the next run tries again.',
  },
  'host/ended': {
    says: '{program} ended as soon as it was started',
    fix: 'See what it says of that in the log of this machine; the next run tries again.',
  },
  'host/dns-port-taken': {
    says: 'port 53 of {address} is in use, so this machine does not answer for the names of {zone}',
    fix: 'Let the other name server leave that address alone: `ss -lnup sport = 53` shows it; many listen on all addresses unless told otherwise.',
  },
  'host/hosts-file-damaged': {
    says: '{file} has one of the two marks of {mark} without the other',
    fix: 'Remove the lines that are left of the block, and its mark; it is written anew then.',
  },
  'host/file-closed': {
    says: '{file} cannot be read or changed: {detail}',
    fix: 'Let root write it: `lsattr` and `findmnt` show what keeps it closed. Or say `hosts_file: false` under `dns`.',
  },
  'host/name-taken': {
    says: '{file} has {name} for {address} in a line of its own, which wins on this machine',
    fix: 'Remove that line, or use the name in full.',
  },
  'host/needs-device': {
    says: 'not tried, since there is no {device}',
    fix: 'The next run tries again.',
  },
  'host/no-secret': {
    says: 'the value of the secret {secret} is not on this machine',
    fix: 'Put it where the agent keeps its secrets.',
  },
  'host/other-namespace': {
    says: 'tunnel {interface} is to be born in {bornIn}, which this agent cannot do',
    fix: 'This machine needs agent >= the version that wrote the state.',
  },
  'host/not-done': {
    says: 'the machine still differs: {what}',
    fix: 'Something else on this machine may undo it; the next run tries again.',
  },
  'host/namespace-taken': {
    says: 'there is a network namespace {name} already, and it is none of the network {network}',
    fix: 'Rename it or remove it (`ip netns del {name}`), if nobody needs it.',
  },
  'host/no-namespace': {
    says: 'there is no network namespace {name} on this machine, in which a router is to be',
    fix: 'See `ip netns list`, and correct `namespace` of the router in the file if it is called otherwise; the rest of the network works, and the next run tries again.',
  },
  'host/vxlan-taken': {
    says: 'network {network} needs {what} for the VXLAN of a segment, and {holder} has it',
    fix: 'Let another gateway carry the segments of one of the two: a machine carries those of one network.',
  },
  'host/no-port': {
    says: 'there is no device {device} on this machine, which is to be the port of a segment',
    fix: 'Plug it in, or correct `port` in the file; the rest of the network works, and the next run tries again.',
  },
  'host/no-bridge': {
    says: 'this kernel has no bridges, which the segment in {namespace} needs',
    fix: 'Load the module bridge (`modprobe bridge`), or take a kernel that has it, as Debian’s is; the rest of the network works, and the next run tries again.',
  },
  'host/no-vxlan': {
    says: 'this kernel has no VXLAN, by which the segment in {namespace} reaches other sites',
    fix: 'Load the module vxlan (`modprobe vxlan`), or take a kernel that has it, as Debian’s is; the rest of the network works, and the next run tries again.',
  },
  'host/no-veth': {
    says: 'this kernel has no pairs of devices (veth), of which {device} in {namespace} is to be one',
    fix: 'Load the module veth (`modprobe veth`), or take a kernel that has it, as Debian’s is; the rest of the network works, and the next run tries again.',
  },
  'host/no-namespaces': {
    says: 'this kernel has no network namespaces, so there is no {namespace}',
    fix: 'Take a kernel that has them (CONFIG_NET_NS), as Debian’s is, or let another machine be the first gateway of the site; the rest of the network works, and the next run tries again.',
  },
  'host/no-nftables': {
    says: 'this kernel has no nftables, without which nothing would be filtered, so nothing of {network} is made or changed here',
    fix: 'Load the module nf_tables (`modprobe nf_tables`), or take a kernel that has it (CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET), as Debian’s is; the next run tries again.',
  },
  'host/no-filter-family': {
    says: 'nftables of this kernel has no tables of the family {family}, without which nothing passes in {namespace} that they should judge',
    fix: 'Take a kernel that has them (CONFIG_NF_TABLES_BRIDGE, CONFIG_NF_TABLES_NETDEV, CONFIG_NF_TABLES_INET), as Debian’s is; the rest of the network works, and the next run tries again.',
  },
  'host/no-vlan': {
    says: 'this kernel has no 802.1Q, so {device} cannot carry VLAN {tag} to a segment',
    fix: 'Load the module 8021q (`modprobe 8021q`), or give the segment a port of its own without `vlan`; the rest of the network works, and the next run tries again.',
  },
  'host/no-bridge-filter': {
    says: 'this kernel neither tracks connections in bridges nor shows bridged packets to filters ({path} is missing), so the policy inside a segment lets nothing pass here',
    fix: 'Take a kernel of Linux 5.3 or newer with nf_conntrack_bridge, as Debian’s is; or load the module br_netfilter (`modprobe br_netfilter`, and a line `br_netfilter` in /etc/modules-load.d/hawser.conf). It also shows the packets of the machine’s own bridges to its filters; `sysctl net.bridge.bridge-nf-call-iptables=0`, and …-ip6tables, keep it from that.',
  },
  'host/port-in-use': {
    says: 'the device {device} cannot be the port of a segment: {why}',
    fix: 'Give the segment a device of its own, without addresses, or take them away.',
  },
  'host/port-inside': {
    says: 'the network namespace {name} is not removed, since {device} is still in it and would go with it',
    fix: 'See why {device} could not leave: a device of that name may have come meanwhile, `ip link show {device}`. The next run tries again.',
  },
  'host/not-closed': {
    says: 'not made, since the filter of what may come in there could not be set',
    fix: 'Correct what the filter says of itself; the next run tries again.',
  },
});
