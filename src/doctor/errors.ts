import { errorTable } from '#base';

/** What `hawser doctor` may find, and what mends it; and what its commands refuse. */
export const doctorErrors = errorTable({
  'doctor/unknown-check': {
    says: 'there is no check {id}',
    fix: '{hint}',
  },
  'doctor/program-missing': {
    says: 'there is no program {program}, {use}',
    fix: '{command}',
  },
  'doctor/no-wireguard': {
    says: 'neither the kernel {release} nor a wireguard-go can make tunnels here',
    fix: '{command}',
  },
  'doctor/no-tun': {
    says: 'wireguard-go needs the device /dev/net/tun, which is not there',
    fix: '`mkdir -p /dev/net && mknod /dev/net/tun c 10 200`; of a container its host has to let it through (docker: `--device /dev/net/tun`).',
  },
  'doctor/slow-wireguard': {
    says: '{interface} is carried by wireguard-go, though the kernel has WireGuard, which is faster',
    fix: '`modprobe wireguard && ip link del {interface}`: the agent makes the tunnel anew by the kernel, within seconds.',
  },
  'doctor/agent-down': {
    says: 'this machine has joined a network, and no agent keeps it so: {why}',
    fix: '`hawser agent start`',
  },
  'doctor/agent-mute': {
    says: '{why}',
    fix: '`hawser agent restart`; it ends the one that is mute, which takes some 15 s, and no packet is lost',
  },
  'doctor/agent-crashes': {
    says: '{why}',
    fix: '{fix} Then `hawser agent restart`.',
  },
  'doctor/agent-paused': {
    says: 'the agent is paused until {until}: nothing is repaired, no change is taken up',
    fix: '`hawser agent resume`',
  },
  'doctor/agent-frozen': {
    says: 'the network {network} is frozen: nothing is changed on any machine',
    fix: '`hawser thaw`, where one is logged in at its server',
  },
  'doctor/agent-fails': {
    says: '{network}: {what} [{code}]',
    fix: '{fix}',
  },
  'doctor/agent-notes': {
    says: '{network}: {what} [{code}]',
    fix: '{fix}',
  },
  'doctor/agent-waits': {
    says: '{network}: this machine waits to be let in',
    fix: '`hawser approve {machine}`, where one is logged in at its server',
  },
  'doctor/quarantine': {
    says: '{network}: revisions that were taken back here, by a person or since they cut this machine off, are not tried again: {count}',
    fix: '`hawser agent resume` tries them again',
  },
  'doctor/agent-version': {
    says: 'the agent that runs is of version {running}, and this program of {own}',
    fix: '`hawser agent restart`; no packet is lost',
  },
  'doctor/not-at-boot': {
    says: 'after a reboot of this machine no agent runs, and it is in no network',
    fix: '{remedy}',
  },
  'doctor/folder-full': {
    says: '{path} has room for {bytes} bytes and {files} files: what changes cannot be kept',
    fix: '`df -h {path}; df -i {path}` show what is full; `du -xh --max-depth=1 /var | sort -h` what fills it.',
  },
  'doctor/folder-open': {
    says: '{path} may be read by others (mode {mode}), and there are keys in it',
    fix: '`chmod go= {path}`; who may have read a private key there makes a new one necessary',
  },
  'doctor/tunnel-missing': {
    says: 'the device {interface} of the network {network} is not there',
    fix: '`hawser agent status` says why the agent could not make it.',
  },
  'doctor/port-taken': {
    says: 'UDP port {port}, on which {interface} should listen, is held by {holder}',
    fix: 'End that (`ss -lunp sport = :{port}` shows it), or give {machine} another `port:` in the network\u2019s file.',
  },
  'doctor/port-blocked': {
    says: 'peers that call this machine are refused: UDP to port {port} is dropped in {where}',
    fix: '`{command}`',
  },
  'doctor/never-heard': {
    says: 'no packet has ever come from any peer of {interface}: something before UDP port {port} of this machine, or of its peers, drops them',
    fix: 'Let UDP {port} pass at the cloud\u2019s security group and the router before this machine; `tcpdump -ni any udp port {port}` shows what arrives.',
  },
  'doctor/no-handshake': {
    says: '{peer} has never answered at {endpoint}',
    fix: 'On {peer}: `hawser doctor`; here: `tcpdump -ni any udp and host {host}` shows whether anything comes back.',
  },
  'doctor/old-handshake': {
    says: '{peer} has not answered for {age}',
    fix: 'On {peer}: `hawser doctor`. Its address may have changed: see its `endpoint:`.',
  },
  'doctor/silent-tunnel': {
    says: 'handshakes with {peer} succeed, but nothing that is sent to it through {interface} is answered',
    fix: 'On {peer}: `hawser doctor`, and see what filters ICMP there.',
  },
  'doctor/mtu-hole': {
    says: 'packets of {size} bytes, as large as {interface} sends them, vanish on the way to {peer}; {largest}',
    fix: 'Write `mtu: {mtu}` at {machine} in the network\u2019s file (or at {peer}, if only its own access is that narrow), then `hawser apply`.',
  },
  'doctor/narrow-path': {
    says: 'the way to {peer} takes {path} bytes, and full packets of {interface} have {size}: each is sent in two pieces, or waits for its size to be found',
    fix: 'Write `mtu: {path}` at {machine} in the network\u2019s file (or at {peer}, if only its own access is that narrow), then `hawser apply`.',
  },
  'doctor/endpoint-in-tunnel': {
    says: 'packets of {interface} to {peer} at {address} are routed into {interface} itself: all are lost',
    fix: '`hawser agent restart` if a pin is missing (`ip rule` shows `fwmark`); else take {address} out of what the network routes, or give {peer} another `endpoint:`.',
  },
  'doctor/no-way': {
    says: 'there is no route to {peer} at {address}',
    fix: '`ip route get {address}`; a default route is missing, or the network is down: `ip route`, `ip -br link`.',
  },
  'doctor/clock': {
    says: 'the clock of this machine is {seconds} s {direction} of that of {server}',
    fix: '`timedatectl set-ntp true`, with chrony `chronyc makestep`; by hand `date -s @{right}`',
  },
  'doctor/certificate-time': {
    says: 'by the clock of this machine, {now}, the certificate of {server} does not hold: {detail}',
    fix: '`date` shows the clock; if it is wrong `timedatectl set-ntp true`, with chrony `chronyc makestep`. If it is right, restart the server: it renews its certificate.',
  },
  'doctor/certificate-ends': {
    says: 'the certificate of {server} ends {validTo}',
    fix: 'On its machine `systemctl restart hawser-server`: it makes a new one, or takes the one that was written over the files of `--tls-cert` and `--tls-key`.',
  },
  'doctor/forwarding-off': {
    says: 'this machine should forward what comes in by {device} (IPv{family}), and does not',
    fix: '`hawser agent resume` if it is paused, else `hawser agent start`; until then `sysctl -w {key}=1`',
  },
  'doctor/forward-blocked': {
    says: 'what this machine should forward from {from} to {to} is dropped in {where}',
    fix: '`{command}`; write it down where that firewall keeps its rules over a reboot',
  },
  'doctor/rp-filter': {
    says: 'strict reverse-path filtering on {device} drops what {peer} sends to WireGuard, whose address is routed into the tunnel',
    fix: '`sysctl -w net.ipv4.conf.{device}.src_valid_mark=1`, or `sysctl -w net.ipv4.conf.{device}.rp_filter=2`',
  },
  'doctor/sysctl-file': {
    says: '{file}:{line} says `{text}`, and whoever reads it (a boot, `sysctl --system`) switches off what the network needs',
    fix: '`sed -i "{line}s/^/# /" {file}`',
  },
  'doctor/no-resolver': {
    says: 'no nameserver is set in /etc/resolv.conf, and the network names {name}',
    fix: 'Set one: `echo "nameserver ADDRESS" >> /etc/resolv.conf`, or start the service that does so.',
  },
  'doctor/resolver-dead': {
    says: 'the nameserver {address} of /etc/resolv.conf does not answer',
    fix: '`ip route get {address}`; take it out of /etc/resolv.conf if it is gone, or set another in what writes that file.',
  },
  'doctor/resolver-in-tunnel': {
    says: 'the nameserver {address} is asked through {interface}, and does not answer: without it the endpoints that would mend the tunnel cannot be resolved',
    fix: 'Set a nameserver outside of the tunnel in /etc/resolv.conf, or take {address} out of what is routed into {interface}.',
  },
  'doctor/name-unresolved': {
    says: 'the name {name}, {of}, cannot be resolved',
    fix: '`getent hosts {name}`; write its address instead of the name, or mend the resolver.',
  },
  'doctor/server-unreachable': {
    says: 'the server {server} cannot be reached: {why}',
    fix: '`curl -kv {server}/healthz`; on its machine `systemctl status hawser-server` and `ss -ltnp`. If it moved: HAWSER_SERVER, or join again.',
  },
  'doctor/wrong-server': {
    says: 'what answers at {server} is not the server that this machine trusts: {why}',
    fix: 'If the server was set up anew: a new token, `hawser leave` and `hawser join TOKEN`. If not, something stands in between.',
  },
  'doctor/not-connected': {
    says: 'the server of {network} can be reached, but the agent is not connected: {why}',
    fix: '{fix} The agent\u2019s log says more: `{log}`.',
  },
  'doctor/server-not-at-boot': {
    says: 'after a reboot of this machine its server does not run',
    fix: '{remedy}',
  },
  'doctor/server-in-tunnel': {
    says: 'the way to the server {server} leads through {interface}: without the tunnel nothing can mend the tunnel',
    fix: 'Take {address} out of what the network routes, then `hawser apply`; or start the server with another `--address`, and tell it here: `hawser agent server URL`.',
  },
  'doctor/kernel-lacks': {
    says: 'this kernel has no {what}, which segments or routers of {network} on this machine need: they wait',
    fix: '{remedy}',
  },
  'doctor/router-gone': {
    says: 'there is no network namespace {namespace}, in which network {network} has a router',
    fix: '`hawser agent status` says why it is not made; one of others is looked for again every 30 s: `ip netns list`, and `namespace` of the router in the file.',
  },
  'doctor/router-silent': {
    says: 'the router in {namespace} gets no answer from {address}, its next hop, by {device} of this machine',
    fix: '`ip -br address show dev {device}`; if it is up with that address, a firewall of this machine drops what comes in by it: `nft list ruleset`.',
  },
  'doctor/router-shut': {
    says: 'this machine does not forward what comes in by {device} (IPv{family}), so nothing of that leaves by the router in {namespace}',
    fix: '`sysctl -w {key}=1`; write it into /etc/sysctl.d to keep it over a reboot.{beware}',
  },
  'doctor/route-taken': {
    says: '{prefix} of the network does not go into {interface} but to {device}, {what}: {other}',
    fix: '{remedy}',
  },
  'doctor/route-hides': {
    says: '{prefix} of the network hides a part of {other} on {device}, {what}: what has an address there is cut off from this machine',
    fix: '{remedy}',
  },
  'doctor/default-in-tunnel': {
    says: 'the default route leads through {device}, another tunnel: WireGuard\u2019s packets and those to the server go through it too',
    fix: 'Give the peers\u2019 addresses a way around it: `ip route add {address} via GATEWAY`, or end that tunnel.',
  },
});

/** A finding, of error weight unless it says otherwise. */
export const found: typeof doctorErrors.diagnostic = (code, args, where) =>
  doctorErrors.diagnostic(code, args, where);
