import { errorTable } from '#base';

export const compileErrors = errorTable({
  'compile/facts-unreadable': {
    says: '{file} is no facts file: {reason}',
    fix: 'Restore it from version control: it holds public keys and the addresses given out.',
  },
  'compile/overlay-exhausted': {
    says: 'the overlay {overlay} has no address left for {machines}',
    fix: 'Widen the overlay, or add another prefix to the list.',
  },
  'compile/pool-exhausted': {
    says: 'the pool {pool} has no address left for {machines}',
    fix: "Widen 'segments.{at}.pool', or say the addresses of machines that have others.",
  },
  'compile/unknown-machine': {
    says: 'there is no machine or host named {name}',
    fix: '{hint}',
  },
  'compile/other-network': {
    says: 'this is the network {next}, and the other file is {old}: a machine keeps what it has of {old} and gets {next} beside it',
    fix: 'Give both files one `network:` name to compare them. To change the name itself, run `hawser agent cleanup --network {old}` on each machine, then apply the new one.',
  },
  'compile/no-state': {
    says: '{name} is a plain host whose routes are set by {by}: it has no state of its own',
    fix: "Say 'routes: agent' at the host, or export its routes with 'hawser export FILE {name} --format iproute2'.",
  },
  'compile/unreachable': {
    says: '{from} cannot reach {to}: {reason}',
    fix: '{remedy}',
  },
  'compile/link-impossible': {
    says: 'the link between {a} and {b} cannot come up: neither has an endpoint',
    fix: 'Give one of them an endpoint (host:port) that the other can reach.',
  },
  'compile/site-without-gateway': {
    says: 'site {site} has hosts, but no gateway and no node that joins them to the network',
    fix: "Add a machine under 'gateways:' of {site}, or remove its hosts.",
  },
  'compile/gateway-without-address': {
    says: 'hosts of {site} are to reach other sites through {gateway}, whose address on the site network is not known ({family})',
    fix: "Add 'address:' to {gateway}, an address inside the site's subnets.",
  },
  'compile/outside-policy': {
    says: 'the policy does not hold among {machines}: they run nothing of ours and have tunnels to each other',
    fix: "Say 'hub: SITE' at them, so that a gateway of ours is between them and decides; or let them be managed.",
  },
  'compile/endpoint-in-overlay': {
    says: 'the endpoint {endpoint} of {machine} lies inside the overlay {overlay}, which only the tunnel itself reaches',
    fix: 'Use an endpoint on the outer network, or another overlay.',
  },
  'compile/forward-to-itself': {
    says: 'the resolvers would ask {address} for all other names, which is {machine} of this network: one of them',
    fix: 'Give `forward` a resolver outside of the network, or leave it out.',
  },
  'compile/forward-without-resolver': {
    says: '`forward` has no effect: no site has a gateway with an agent, so nobody answers for names',
    fix: 'Remove it, or add a site with a gateway; names stand in /etc/hosts meanwhile.',
  },
  'compile/mtu-too-small': {
    says: 'the tunnel between {a} and {b} leaves {mtu} bytes, and IPv6 needs 1280',
    fix: 'Raise the MTU of the network below ({underlay}), or use an IPv4-only overlay.',
  },
  'compile/segment-mtu': {
    says: 'segment `{segment}` has IPv6, which needs 1280 bytes, and the tunnel between {a} and {b} leaves it {mtu} (the network below {a} takes {underlay})',
    fix: 'Raise the MTU of that network to {least} or more, or give the segment IPv4 alone.',
  },
  'compile/prefix-carried-twice': {
    says: '{prefix} of {a} overlaps {other} of {b}',
    fix: 'Give each site its own range; no prefix may be behind two machines.',
  },
  'compile/test-failed': {
    says: 'test {from} -> {to} {port}: expected {expect}, but the verdict is {verdict}: {reason}',
    fix: 'Change the policy or the test.',
  },
  'compile/test-source': {
    says: 'test {from} -> {to} {port}: it arrives from {source}, and not from {as}',
    fix: 'Correct `as`, or `snat` and the `uplink` of the router.',
  },
  'compile/proxy-by-cloud': {
    says: 'segment `{segment}` is in proxy mode at site `{site}`, because {gateway} is an OpenStack instance: behind its port Neutron drops frames of machines elsewhere',
    fix: 'Write `mode: proxy` there to have it said; or `mode: bridge`, if the port security of that port is off.',
  },
  'compile/bridge-in-cloud': {
    says: 'segment `{segment}` is in bridge mode at site `{site}`, because {why}; but {gateway} is an OpenStack instance, and with port security Neutron drops frames of machines elsewhere behind its port',
    fix: 'Switch the port security of that port off and write `mode: bridge`; or write `mode: proxy`, with `dhcp` by the cloud or nobody, and without `flood`.',
  },
  'compile/export-no-tunnel': {
    says: '{machine} runs no WireGuard, so there is nothing to write as {format}',
    fix: 'Use one of the formats for plain hosts: {formats}.',
  },
  'compile/export-no-names': {
    says: 'the network {network} has no names',
    fix: 'Write `dns:` into its file.',
  },
  'compile/export-needs-device': {
    says: 'a {format} file names the network device, and that of {host} is not known',
    fix: 'Say it with --device, as `ip link` prints it on {host}; or use one of the formats that need none: iproute2, cloud-init.',
  },
  'compile/export-too-long-for-qr': {
    says: 'the configuration of {machine} has {bytes} bytes; a QR code holds 2953',
    fix: 'Hand it out as a file (--format wg-quick), or give {machine} fewer peers: a member with a hub has one.',
  },
  'compile/import-unknown-format': {
    says: 'it is not clear of which kind {file} is',
    fix: 'Say it with --format: wg-quick, mupif or bibigrid.',
  },
  'compile/import-mixed': {
    says: '{file} is of another kind than the files before it',
    fix: 'Import a bibigrid.yml by itself; files of WireGuard and of MuPIF go together.',
  },
  'compile/import-not-json': {
    says: 'this is not JSON: {reason}',
    fix: 'Check brackets, commas and quotes here, or copy the file again.',
  },
  'compile/import-bad-value': {
    says: '`{key}` should be {expected}',
    fix: 'Correct it in the file, or take it out and write what it means into the new file by hand.',
  },
  'compile/import-old-bibigrid': {
    says: 'this is the format of BiBiGrid 1, which knows one cloud only',
    fix: 'Write the new file by hand (docs/switch-from/bibigrid.md), or import the bibigrid.yml of BiBiGrid 2 or 3.',
  },
  'compile/import-same-machine': {
    says: 'this is a second configuration of the machine of {first}: {what} is the same',
    fix: 'Give each file once. If both are in use on two machines, make a new key for one of them: they push each other out.',
  },
  'compile/import-two-owners': {
    says: '{prefix} is in the allowed IPs of two machines, {a} and {b} (at {first})',
    fix: 'Leave it at the one that has it: in WireGuard the later peer takes it from the earlier.',
  },
  'compile/import-no-overlay': {
    says: 'no address inside the tunnel stands in these files',
    fix: 'Say the range with --overlay, such as --overlay 10.0.0.0/24, or add the files that have an `Address`.',
  },
  'compile/import-bad-name': {
    says: '{machine} cannot be called {name}: {why}',
    fix: 'Say another one: --name {machine}=NAME.',
  },
  'compile/import-unknown-name': {
    says: '{option} names {name}, which is not in these files',
    fix: '{hint}',
  },
});
