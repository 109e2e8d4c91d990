import { errorTable } from '#base';

export const labErrors = errorTable({
  'lab/exists': {
    says: 'a lab called {name} is already {status}',
    fix: 'Take it down with `hawser lab down {name}`, or give the new one another name with --name.',
  },
  'lab/bad-name': {
    says: 'a lab cannot be called "{name}"',
    fix: 'Use 1 to 40 lowercase letters, digits and hyphens.',
  },
  'lab/none': {
    says: 'no lab is up',
    fix: 'Start one with `hawser lab up FILE`.',
  },
  'lab/unknown': {
    says: 'there is no lab called {name}{hint}',
    fix: '`hawser lab list` shows those there are.',
  },
  'lab/which': {
    says: 'several labs are up: {names}',
    fix: 'Say which one with --name.',
  },
  'lab/broken': {
    says: 'the lab {name} is {status}, so nothing can be done in it',
    fix: 'Remove it with `hawser lab down {name}` and start it again.',
  },
  'lab/unknown-machine': {
    says: 'the lab {name} has no machine called {machine}{hint}',
    fix: '`hawser lab status {name}` lists its machines.',
  },
  'lab/not-cuttable': {
    says: 'there is no site or machine called {machine} that could be cut off{hint}',
    fix: 'Name a site, a gateway, a node, a host or a member of the lab.',
  },
  'lab/nothing-between': {
    says: 'nothing can be cut between {a} and {b}: {reason}',
    fix: 'Cut where packets pass the internet: a site or machine from it, or two ends in different places.',
  },
  'lab/same-machine': {
    says: '{machine} would ask itself, and no network is needed for that',
    fix: 'Name two different machines.',
  },
  'lab/not-managed': {
    says: '{machine} has no agent: {reason}',
    fix: 'These have one: {managed}.',
  },
  'lab/foreign-folder': {
    says: 'the folder of your labs, {folder}, {reason}',
    fix: 'Remove it if nothing of yours is in it, or `chmod 700` it if it is yours; or set HAWSER_LABS to a folder of your own.',
  },
  'lab/needs-rebuild': {
    says: 'the lab {name} cannot become what {file} says while it is up: {reason}',
    fix: 'Build it anew: hawser lab down {name}; hawser lab up {file} --name {name}.',
  },
  'lab/tagged': {
    says: 'this kernel has no 802.1Q, and the machines of segment {segment} at site {site} have the tag {vlan}',
    fix: 'Load the module 8021q (`modprobe 8021q`), or try a copy of the file without `vlan` there, each segment with a `port` of its own.',
  },
  'lab/no-lease': {
    says: '{machine} got no address from the DHCP server of segment {segment} at {site}: {reason}',
    fix: 'A server of ours is shown by `hawser agent status` on its gateway; that of a cloud is the machine dhcp.{segment}.{site} of the lab.',
  },
  'lab/missing-programs': {
    says: 'the lab needs programs that are not here: {programs}',
    fix: 'On Debian or Ubuntu: sudo apt-get install --no-install-recommends {packages}',
  },
  'lab/no-namespaces': {
    says: 'this machine gives {who} no namespaces of their own: {reason}',
    fix: 'Run it as root, or permit user namespaces: sysctl kernel.unprivileged_userns_clone=1.',
  },
  'lab/no-tun': {
    says: 'no WireGuard can run: the kernel has none and {device} cannot be opened ({reason})',
    fix: 'Run it as root, or let others open the device: sudo chmod 0666 {device}.',
  },
  'lab/command-failed': {
    says: '{command} ended with {code}: {reason}',
    fix: 'Take the lab down with `hawser lab down` and try again; if it stays, report it with this text.',
  },
  'lab/station-silent': {
    says: 'the process of {machine} in the lab does not answer: {reason}',
    fix: 'Its last words are in {log}. Take the lab down with `hawser lab down` and start it again.',
  },
  'lab/station-failed': {
    says: 'something went wrong in the process of a machine: {reason}',
    fix: 'Take the lab down with `hawser lab down` and try again; if it stays, report it with this text.',
  },
  'lab/agent-stuck': {
    says: '{machine} did not become what the network says: {reason}',
    fix: 'Look at it with `hawser lab exec {machine} -- hawser agent status`.',
  },
  'lab/server-ended': {
    says: "the lab's server does not serve: {reason}",
    fix: 'Its last words are in {log}. Take the lab down with `hawser lab down` and start it again.',
  },
  'lab/no-server': {
    says: 'the lab {name} has no server and no agents: it was built with --direct',
    fix: 'Build it anew without --direct.',
  },
  'lab/nothing-runs': {
    says: 'no {what} runs on {machine}',
    fix: 'Start it with `hawser lab start {machine}`.',
  },
  'lab/not-settled': {
    says: 'these machines have not confirmed what they should be: {machines}',
    fix: 'Look at what they say: hawser lab exec {server} -- hawser status.',
  },
  'lab/network-gone': {
    says: "the lab's server has no network {network}",
    fix: 'Look there: hawser lab exec {server} -- hawser network list.',
  },
  'lab/server-refused': {
    says: "`hawser {command}` at the lab's server failed: {reason}",
    fix: 'Try it there: hawser lab exec {server} -- hawser {command}.',
  },
  'lab/apply-failed': {
    says: '{machine} could not be brought to its state: {reason}',
    fix: 'Look at it with `hawser lab exec {machine} -- wg show`.',
  },
});
