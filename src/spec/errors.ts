import { errorTable } from '#base';
import { routerErrors } from './routers/errors.ts';
import { segmentErrors } from './segments/errors.ts';

/** Everything that can be wrong with a file. `ip/...` codes join these for addresses and prefixes. */
export const errors = errorTable({
  // The file and its YAML.
  'spec/file-not-found': {
    says: 'there is no file `{file}`',
    fix: 'Check the path; paths in `include` count from the file that says them.',
  },
  'spec/file-unreadable': {
    says: '`{file}` could not be read: {reason}',
    fix: 'Check its permissions, and that it is a file of text in UTF-8.',
  },
  'spec/empty-file': {
    says: '`{file}` says nothing',
    fix: 'Start with `version: 1`, `network: my-network` and `overlay: 10.0.0.0/24`; examples/ has whole files.',
  },
  'spec/yaml-syntax': {
    says: 'this is not YAML: {reason}',
    fix: 'Check indentation, brackets and quotes here. A text that begins with a bracket, such as the endpoint "[2001:db8::1]:51820", needs quotes.',
  },
  'spec/tab': {
    says: 'a tab indents this line; YAML indents with spaces only',
    fix: 'Replace the tab by spaces.',
  },
  'spec/several-documents': {
    says: 'a second document begins here, after `---`',
    fix: 'Keep one network per file and remove the line; `include` joins several files.',
  },
  'spec/unknown-anchor': {
    says: 'no `&{name}` stands before `*{name}`',
    fix: 'Put `&{name}` on the value to repeat, above this line and not around it.',
  },
  'spec/too-many-aliases': {
    says: 'the aliases of this file multiply to more than {limit} values',
    fix: 'Write out what the aliases stand for, or use groups and tags.',
  },
  'spec/bad-merge': {
    says: '`<<` merges mappings, and this is {found}',
    fix: 'Give an alias of a mapping, or a list of them: `<<: *common`.',
  },
  'spec/bad-key': {
    says: 'a key must be plain text, and this one is {found}',
    fix: 'Write the key as a single word followed by a colon.',
  },
  'spec/duplicate-key': {
    says: '`{key}` is written twice; the first is at {first}',
    fix: 'Keep one of the two, or join what they say.',
  },
  'spec/include-nothing': {
    says: 'no file matches `{pattern}`',
    fix: 'Check the pattern; it counts from the folder of the file that says it.',
  },
  'spec/include-cycle': {
    says: '`{file}` includes itself: {cycle}',
    fix: 'Remove one `include` of the circle.',
  },

  // Keys and the types of their values.
  'spec/unknown-key': {
    says: '`{key}` means nothing here',
    fix: '{hint}',
  },
  'spec/reserved-key': {
    says: '`{key}` is reserved for a later version; this version does not know it yet',
    fix: 'Remove it, or use a version of Hawser that knows it.',
  },
  'spec/missing-key': {
    says: '{what} lacks `{key}`',
    fix: 'Add it, for example `{key}: {example}`.',
  },
  'spec/no-value': {
    says: '`{key}` has no value',
    fix: 'Give it {expected}, for example {example}, or remove the key.',
  },
  'spec/empty-list': {
    says: '`{key}` is an empty list',
    fix: 'Write at least one item, or remove the key if it may be absent.',
  },
  'spec/wrong-type': {
    says: '`{key}` should be {expected}, and is {found}',
    fix: 'Write it like this: {example}.',
  },
  'spec/not-text': {
    says: '`{key}` should be text, and YAML reads `{text}` as {found}',
    fix: 'Put it in quotes if it is meant: "{text}". It should look like {example}.',
  },
  'spec/not-one-of': {
    says: '`{key}` cannot be `{text}`',
    fix: '{hint}',
  },
  'spec/out-of-range': {
    says: '`{key}` is {value}, which is not between {least} and {most}',
    fix: 'Use a whole number from {least} to {most}.',
  },
  'spec/version': {
    says: 'this file says version {version}; this Hawser reads version 1',
    fix: 'Write `version: 1`, or use a Hawser that reads version {version}.',
  },
  'spec/choose-one': {
    says: '{what} needs exactly one of {keys}',
    fix: 'Keep one of them.',
  },

  // Forms of texts.
  'spec/bad-name': {
    says: '`{text}` is no DNS label{strange}',
    fix: 'Use 1 to 63 lower-case letters, digits and inner hyphens, such as `{example}`; not digits alone.',
  },
  'spec/long-name': {
    says: '`{text}` has {length} characters; a name has at most 63, as DNS labels do',
    fix: 'Choose a shorter name.',
  },
  'spec/reserved-name': {
    says: '`{text}` is a word of the file and cannot name anything',
    fix: 'Choose another name.',
  },
  'spec/bad-zone': {
    says: '`{text}` is no zone for names',
    fix: 'Use at least two labels in lower case, joined by dots, of 125 characters at most, such as `my-network.internal`: one label alone would take all of a top-level domain.',
  },
  'spec/reserved-zone': {
    says: '`{zone}` cannot be the zone: {why}',
    fix: 'Leave `zone` out, or use a name below `internal` or below a domain of yours.',
  },
  'spec/whole-domain': {
    says: 'the zone `{zone}` is a whole public domain: on the machines, its names that are not of this network are no longer found',
    fix: 'Use a name below it, such as `vpn.{zone}`.',
  },
  'spec/bad-range': {
    says: '`{text}` is no range of names or addresses: {reason}',
    fix: 'Write one range of numbers, small to large, such as `worker-[1-4]` or `worker-[01-10]`.',
  },
  'spec/range-lengths': {
    says: '`{name}` names {names} hosts, and `{address}` gives {addresses} addresses',
    fix: 'Make both sides equally long, such as `worker-[1-4]` with `192.168.66.[11-14]`.',
  },
  'spec/bad-interface': {
    says: '`{text}` is no interface name',
    fix: 'Use 1 to 15 letters, digits and any of `_=+.-`, such as `wg0`. In `taps` a `*` may stand at the end.',
  },
  'spec/long-interface': {
    says: 'the interface would be called `{interface}`, which has {length} characters; Linux allows 15',
    fix: 'Write `interface: wg0` under `defaults`, or use a network name of 12 characters or fewer.',
  },
  'spec/bad-tag': {
    says: '`{text}` is no tag',
    fix: 'Use lower-case letters, digits and inner hyphens, such as `people`; write it without `tag:`.',
  },
  'spec/bad-person': {
    says: '`{text}` is no name of a person',
    fix: 'Write one line of up to 100 characters, such as `Anna Novak`.',
  },
  'spec/bad-time': {
    says: '`{text}` is no time',
    fix: 'Write a date, such as `2027-01-31`, or a date and time with its zone, such as `2027-01-31T18:00:00Z`.',
  },
  'spec/bad-public-key': {
    says: '`{text}` is no WireGuard public key',
    fix: 'Paste what `wg pubkey` prints: 44 characters ending in `=`.',
  },
  'spec/bad-login': {
    says: '`{text}` is no login name',
    fix: 'Use letters, digits and any of `_.+-`, such as `debian`.',
  },
  'spec/bad-ssh-host': {
    says: '`{text}` is neither an address nor a name that ssh could find',
    fix: 'Write an address without brackets or a name; the port is `port` of its own.',
  },
  'spec/bad-jump': {
    says: '`{text}` is neither a machine nor a host to jump over',
    fix: 'Write the name of a machine of the file, or `[user@]host[:port]`, such as `admin@bastion.example.org`; an IPv6 address in brackets.',
  },
  'spec/bad-port': {
    says: '`{text}` is no port of a policy: {reason}',
    fix: 'Write `tcp/22`, `udp/1000-2000`, `tcp`, `udp` or `icmp`.',
  },
  'spec/bad-selector': {
    says: '`{text}` selects nothing: {reason}',
    fix: 'Use a name, a range such as `worker-[1-4]`, a group, `tag:x`, `site:x`, `segment:x`, a prefix or `all`.',
  },

  // References.
  'spec/duplicate-name': {
    says: '`{name}` already names {other}, at {first}',
    fix: 'Give each machine, host and group a name of its own.',
  },
  'spec/former-name': {
    says: '`was: {name}` names {other}, at {first}',
    fix: 'Let `was` say the one name a machine had before, which nobody bears now.',
  },
  'spec/former-name-of-range': {
    says: '`was: {name}` stands on a range of hosts, and only one host can have had that name',
    fix: 'Write the renamed host as an entry of its own, with its `was`.',
  },
  'spec/record-shadows': {
    says: 'the record `{name}` would shadow {other}, at {first}',
    fix: 'Give the record a name that no machine and no host has.',
  },
  'spec/endpoint-shadowed': {
    says: 'the endpoint `{host}` of `{machine}` would be looked up among the names of this network ({why}), and so inside the tunnel that it is needed for',
    fix: 'Use another zone, such as `{network}.internal`, or give the endpoint as an address.',
  },
  'spec/shadows-loopback': {
    says: '`{name}` is what every machine calls itself, and would mean another one',
    fix: 'Choose another name.',
  },
  'spec/unknown-name': {
    says: 'there is no {kind} `{name}`',
    fix: '{hint}',
  },
  'spec/unused-tag': {
    says: 'nothing bears the tag `{tag}`, so `tag:{tag}` selects nothing',
    fix: 'Add it to the `tags` of a machine, host or site, or remove the selector.',
  },
  'spec/group-cycle': {
    says: 'group `{group}` contains itself: {cycle}',
    fix: 'Remove one of the groups from the circle.',
  },
  'spec/jump-cycle': {
    says: '`{name}` can be reached by ssh over itself only: {cycle}',
    fix: 'Let the first of them be reached without `via`, or over another machine.',
  },
  'spec/link-to-itself': {
    says: '`{name}` is linked to itself',
    fix: 'Link two different sites or members, such as `[bielefeld, giessen]`.',
  },
  'spec/link-twice': {
    says: '`{a}` and `{b}` are already linked, at {first}',
    fix: 'Remove one of the two links.',
  },
  'spec/hub-and-link': {
    says: '`{member}` goes through its hub `{hub}`, so it cannot have links of its own',
    fix: 'Remove its `hub`, or the link.',
  },

  // Addresses.
  'spec/overlap': {
    says: '{a} overlaps {b}, at {first}',
    fix: 'Give overlay, subnets of sites, segments, uplinks and pod ranges addresses of their own.',
  },
  'spec/unroutable': {
    says: '{what} holds {reserved}, which is {meaning} and cannot be routed between sites',
    fix: 'Use a private range, such as one of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8.',
  },
  'spec/outside-site': {
    says: '{address} of `{name}` lies outside the subnets of site `{site}` ({subnets})',
    fix: 'Correct the address, or add its subnet to `sites.{site}.subnets`.',
  },
  'spec/probes-itself': {
    says: '`{name}` is a machine with a tunnel of its own, and is asked by that',
    fix: 'Name what lies behind it: a host of the site, or another address in its subnets.',
  },
  'spec/not-a-host-address': {
    says: '{address} is the {what} address of {subnet}, which no machine can have',
    fix: 'Use an address between the first and the last of the subnet.',
  },
  'spec/outside-overlay': {
    says: '{address} of `{name}` lies outside the overlay ({overlay})',
    fix: 'Correct the address, or widen `overlay`; without `overlay` the machine is given a free one.',
  },
  'spec/two-addresses': {
    says: '`{name}` has two addresses in {range}: {first} and {address}',
    fix: 'Keep one of them.',
  },
  'spec/two-of-a-family': {
    says: '{what} has two of IPv{family}: {first} and {other}',
    fix: 'Keep one of them; one of IPv4 and one of IPv6 may stand side by side.',
  },
  'spec/address-twice': {
    says: '{address} is already the {what} of `{other}`, at {first}',
    fix: 'Give each machine an address of its own.',
  },
  'spec/endpoint-twice': {
    says: '{endpoint} is already the endpoint of `{other}`, at {first}',
    fix: 'Give each machine an endpoint of its own; behind one public address use different ports.',
  },
  'spec/key-twice': {
    says: 'this public key already belongs to `{other}`, at {first}',
    fix: 'Make a key pair for each machine: two machines with one key push each other out.',
  },
  'spec/gateways-and-nodes': {
    says: 'site `{site}` has both gateways and nodes',
    fix: 'Use `gateways` where machines stand behind them, `nodes` where each machine has its own tunnel; split the site if it has both.',
  },
  'spec/small-mtu': {
    says: 'MTU {mtu} is below 1280, which IPv6 needs, and `{name}` carries IPv6',
    fix: 'Use 1280 or more, or IPv4 only.',
  },
  'spec/allowed-ips-managed': {
    says: '`allowed_ips` of `{name}` has no effect: Hawser runs there and keeps them itself',
    fix: 'Remove it, or say `managed: false`.',
  },
  ...segmentErrors,
  ...routerErrors,
  'spec/not-patchable': {
    says: '{file} is written in a way that cannot be changed here: {why}',
    fix: 'Change it by hand, and apply it.',
  },

  // Monitors.
  'spec/not-of-monitor': {
    says: '`{key}` means nothing for a monitor of type `{type}`',
    fix: 'Remove it; such a monitor has {keys}.',
  },
  'spec/bad-url': {
    says: '`{url}` cannot be looked at: {why}',
    fix: 'Write it like http://192.168.66.11:8080/health.',
  },
  'spec/nobody-looks': {
    says: 'nobody can look for monitor `{name}`: {who}',
    fix: 'Name a machine that runs an agent: `from: MACHINE`, or `from: site:NAME`.',
  },
});

export type Code = keyof typeof errors.entries;
