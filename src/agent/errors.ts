import { errorTable } from '#base';

export const agentErrors = errorTable({
  'agent/no-key-file': {
    says: 'the private key {file} cannot be read: {detail}',
    fix: 'Put the key back from a backup; without it the machine needs a new one (`hawser agent key`).',
  },
  'agent/key-differs': {
    says: 'the network knows this machine by the key {known}, and its private key {file} gives {own}',
    fix: 'This may be the state of another machine. If it is not, give the network the key that `hawser agent key --network {network}` prints.',
  },
  'agent/nothing-applied': {
    says: 'nothing of a network {network} was applied on this machine yet',
    fix: 'Apply its state first: `hawser agent apply --state FILE`.',
  },
  'agent/not-permitted': {
    says: '{path} is closed to this user: {detail}',
    fix: 'Run it as root: it changes the network of this machine.',
  },
  'agent/disk-full': {
    says: 'there is no room for {path}: {detail}',
    fix: 'Free some space there: `df -h {path}` shows the disk. What it should be the machine is nevertheless, until it boots; the agent writes it down when there is room.',
  },
  'agent/busy': {
    says: 'another agent works on this machine{holder}, and did not end within {seconds} s',
    fix: 'Nothing was changed. `hawser agent stop` ends the agent that keeps this machine; for any other command wait until it is done.',
  },
  'agent/no-such-network': {
    says: 'nothing of a network {network} is on this machine',
    fix: '{hint}',
  },
  'agent/was-open': {
    says: '{path} was open to others ({was}); it is {is} now',
    fix: 'If somebody else may have read a private key there, make a new one: remove the file, run `hawser agent key`, and give the network what it prints.',
  },
  'agent/no-state-file': {
    says: 'the state {file} cannot be read: {detail}',
    fix: 'Write it with `hawser export FILE MACHINE --format hoststate`.',
  },
  'agent/no-identity': {
    says: 'the identity of this machine, {file}, cannot be read: {detail}',
    fix: 'Put the file back from a backup, or remove it, let an operator run `hawser replace` for this machine, and join again.',
  },
  'agent/enrolment-unreadable': {
    says: 'what this machine knows of its membership in {network} cannot be read: {file}',
    fix: 'Remove the file and join again: `hawser join TOKEN`.',
  },
  'agent/wrong-server': {
    says: 'what answers at {server} is not the server that the token or the network names: {detail}',
    fix: 'Nothing was sent to it. Check the address; if the server got a new certificate authority, ask for a new token and join again.',
  },
  'agent/no-connection': {
    says: 'no connection to {server}: {detail}',
    fix: 'Check that the server runs and that a firewall lets TCP to its port pass.',
  },
  'agent/bad-message': {
    says: 'the server sent what this agent cannot read: {why}',
    fix: 'Compare the versions of agent and server; the server should not be older than its agents.',
  },
  'agent/other-channel': {
    says: 'the server speaks version {version} of the agents\u2019 channel, and this agent version {own}',
    fix: 'Upgrade this agent; until then the machine stays as it is.',
  },
  'agent/no-upgrade': {
    says: 'this machine takes no other version now: {why}',
    fix: 'Nothing was changed. Mend that, or install the package there by hand.',
  },
  'agent/upgrade-failed': {
    says: 'version {version} could not be installed: {said}',
    fix: 'The agent runs as before. Mend what it says, and say `hawser upgrade` again.',
  },
  'agent/upgrade-reverted': {
    says: 'the agent of version {version} was not connected within {seconds} s, and the one before is back; the last it said: {said}',
    fix: 'Look at its log on the machine (`journalctl -u hawser-agent`, /var/lib/hawser/agent.log) before you try it again.',
  },
  'agent/nothing-before': {
    says: 'there is nothing to go back to in {network}: this machine had no other state before',
    fix: '`hawser agent pause` keeps it as it is; `hawser rollback` at the server changes the network.',
  },
  'agent/not-enrolled': {
    says: 'this machine has not joined a network {network}',
    fix: '`hawser agent status` lists those it has joined; `hawser join TOKEN` joins one.',
  },
  'agent/not-running': {
    says: 'no agent runs on this machine: {detail}',
    fix: 'Start it: `hawser agent start`; a machine that has joined no network yet: `hawser join TOKEN`.',
  },
  'agent/mute': {
    says: 'the agent of this machine is there, and did not answer within {seconds} s',
    fix: '`hawser agent restart`; no packet is lost.',
  },
  'agent/no-answer': {
    says: 'the agent could not do what it was asked: {detail}',
    fix: 'Its log says more; compare the versions of the agent that runs and of this program.',
  },
  'agent/bad-name': {
    says: '{name} is no name for a machine',
    fix: 'Take up to 63 of the letters a to z, digits and hyphens, with none of these at the ends. Without --name it is called {own} here.',
  },
  'agent/not-a-join-token': {
    says: 'a token of the role {role} lets no machine in',
    fix: 'Ask for one that does: `hawser token create --join`.',
  },
  'agent/does-not-start': {
    says: 'the agent was started and does not answer',
    fix: 'Look at its log: {where}',
  },
  'agent/crashes': {
    says: 'the agent of this machine ended {times} times in a row, at last with {how}; it is started again {next}',
    fix: 'Its log says why: `tail {log}`.',
  },
  'agent/does-not-end': {
    says: 'process {pid} was told to end, and did not within {seconds} s',
    fix: 'See what it does: `hawser agent status`; in need `kill -KILL {pid}`, which costs no tunnel.',
  },
  'agent/nothing-to-adopt': {
    says: 'there is no interface {interface} of WireGuard on this machine, and no {file}',
    fix: '`wg show interfaces` lists those there are.',
  },
  'agent/no-private-key': {
    says: '{interface} has no private key, so that nobody could know this machine by it',
    fix: 'Bring the interface up with its configuration (`wg-quick up {interface}`), and join again.',
  },
  'agent/is-adopted': {
    says: '{interface} belongs to the network {network} of Hawser already',
    fix: '`hawser agent status` tells of it; `hawser agent release {network}` gives it back.',
  },
  'agent/has-own-key': {
    says: 'this machine has a key of its own in {network} already, and {interface} has another',
    fix: 'Leave the network first (`hawser leave {network}`), remove {file}, and join again.',
  },
  'agent/adopt-waits': {
    says: '{interface} is left alone: the network wants it otherwise (differences: {count})',
    fix: 'Change the file as said, and `hawser apply` it: this machine then takes {interface} over by itself. As it is: `hawser agent adopt --yes` makes these changes.',
  },
  'agent/adopt-other-name': {
    says: '{interface} is left alone: the network has no tunnel of that name on this machine',
    fix: 'Write `interface: {interface}` at this machine, and `hawser apply` the file: it is then taken over by itself. `--yes` does not help: a tunnel of another name begins anew.',
  },
  'agent/adopt-inside': {
    says: '{interface} was there before Hawser and is left as it is: the network wants it to live in the namespace {namespace}',
    fix: 'Write another `interface` at this machine: that tunnel begins anew, in the router. Or take `tunnel: true` from the router.',
  },
  'agent/adopt-differs': {
    says: '{interface} would not stay as it is: {change}',
    fix: '{line}.',
  },
  'agent/nothing-adopted': {
    says: 'nothing was taken over on this machine{under}',
    fix: '`hawser agent status` lists its networks; `hawser join TOKEN --adopt INTERFACE` takes an interface over.',
  },
  'agent/several-adopted': {
    says: 'several interfaces were taken over on this machine: {names}',
    fix: 'Say which one: the network, or `--interface`.',
  },
  'agent/unit-stays-off': {
    says: '{unit}, which made {interface} at boot before, could not be enabled: {detail}',
    fix: '`systemctl enable {unit}`.',
  },
  'agent/adoption-unreadable': {
    says: 'what this machine knows of the interface that it took over for {network} cannot be read: {file}',
    fix: 'Remove the file; the interface is kept as it is, and `hawser agent cleanup` only takes the mark from it.',
  },
  'agent/taken-over': {
    says: '{interface} was taken over as it is',
    fix: '`hawser agent release {network}` gives it back.',
  },
  'agent/given-back': {
    says: '{interface} was given back, and stays up',
    fix: 'What made it at boot has to be there again: `systemctl enable wg-quick@{interface}`.',
  },
  'agent/other-key-since': {
    says: '{interface} has another key since it was taken over: its peers were left as they are',
    fix: 'Write them down before the next boot: `wg showconf {interface}`.',
  },
  'agent/peers-gone-since': {
    says: 'peers of {interface} that the network removed since are not put back: {keys}',
    fix: 'Take them out of the configuration of {interface} too, or they come back at the next boot.',
  },
  'agent/not-put-back': {
    says: 'this machine differs from what it should be, and nothing may be changed now: {change}',
    fix: 'It becomes so after `hawser thaw`, or `hawser agent resume` where the agent is paused.',
  },
  'agent/two-places': {
    says: '{of} of segment {segment} is at two places: at site {a}, and at site {b}',
    fix: 'Two machines share it, or a loop joins the sites. Give one of them another address; until then it is where it was found before.',
  },
  'agent/not-as-in-file': {
    says: '{of} of segment {segment} is seen at site {b} against the file, by which it belongs to {file}',
    fix: 'Whoever has it at {b} is not listened to. If the machine moved, or has another network card, change its entry in the file.',
  },
  'agent/port-dark': {
    says: 'the port {device} of segment {segment} has no carrier: the machines of this site are cut off from the segment',
    fix: 'Plug in its cable, or set up what it hangs on: the switch, the other end of a pair, the host of this virtual machine. Nothing else is to be done.',
  },
  'agent/names-silent': {
    says: 'the server of names of segment {segment} at {address} runs and answers nobody',
    fix: 'End its process (`pgrep -fa dnsmasq`, `kill -KILL`): the agent starts another, and leases stay. If that one is silent as well, see what the machine lacks: processor time, memory, a disk that answers.',
  },
  'agent/site-unheard': {
    says: 'who is where in segment {segment} is not told between this site and site {site}: its gateway {address} and this one do not reach each other at TCP port {port}',
    fix: 'See whether the agent runs there and the tunnel is up (`hawser tunnels`), and that no firewall of either drops TCP {port} inside the tunnel. Machines of the file are reached all the same.',
  },
  'agent/host-unknown': {
    says: '{host} is not found, so nothing leaves towards it: {why}',
    fix: 'Look whether this machine can look it up: `getent ahosts {host}`, and which resolvers /etc/resolv.conf names.',
  },
  'agent/host-lost': {
    says: '{host} is not found any more, and is taken to be where it was last, at {addresses}: {why}',
    fix: 'Look whether this machine can look it up: `getent ahosts {host}`. If it is gone for good, take it out of `egress`.',
  },
  'agent/host-half': {
    says: '{host} is found, but not over {family}, where {taken}: {why}',
    fix: 'Ask the resolvers that /etc/resolv.conf names for this kind of record alone: `host -t {type} {host}`. Who has the name must answer there, be it that there is none.',
  },
  'agent/host-refused': {
    says: '{host} is said to be at {addresses}, where a name must not lead from a segment',
    fix: 'These are addresses of the network itself, of a machine itself or of its link, or nobody’s. If DNS is right, list the range in `egress` by its addresses.',
  },
  'agent/joined-elsewhere': {
    says: 'this machine is in a network {network} already, of another server: {servers}',
    fix: 'Leave that one first: `hawser leave {network}`. Two networks of one machine need two names.',
  },
});
