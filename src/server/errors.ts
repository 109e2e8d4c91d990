import { errorTable } from '#base';

export const serverErrors = errorTable({
  'server/store-unreadable': {
    says: 'the store {store} cannot be used: {detail}',
    fix: 'Nothing was changed. Mend the cause, or bring back a backup: `hawser restore`.',
  },
  'server/commit-unknown': {
    says: 'the answer of the store {store} was lost: {detail}; the change may be done, or not',
    fix: '`hawser history` shows whether it is there; if it is not, do it again.',
  },
  'server/bad-database-url': {
    says: 'the address of the database is no URL of a PostgreSQL',
    fix: 'Write postgres://USER:PASSWORD@HOST:5432/DATABASE, with percent-encoding for signs such as # or / in the password.',
  },
  'server/store-newer': {
    says: 'the store {store} has schema {version}, and this Hawser knows schemas up to {known}',
    fix: 'Use the newer Hawser that made it, or restore a backup from before its upgrade.',
  },
  'server/disk-full': {
    says: 'the disk of the store {store} is full: {detail}',
    fix: 'Nothing was changed. Free some space there; the server goes on by itself.',
  },
  'server/network-exists': {
    says: 'this server has a network {network} already',
    fix: '`hawser apply` changes it; another network needs another name.',
  },
  'server/not-held': {
    says: 'revision {number} of {network} does not wait for approval',
    fix: '`hawser history` shows which revisions wait.',
  },
  'server/cuts-you-off': {
    says: 'this change cuts off {machine}, the machine that you are on: {how}',
    fix: 'Do it from another machine, or say --yes if it is meant.',
  },
  'server/displaces': {
    says: 'the file gives {address} to {by}; {machine}, which others need or you are on, has it, and gets {to}',
    fix: 'Give {by} another address, or say --yes if it is meant: whatever is set to {address} finds {by} from then on.',
  },
  'server/second-person': {
    says: '{what} is by {author}, and needs another person',
    fix: 'Let another operator do it. A token that somebody made speaks for its maker until another vouches for it: `hawser token vouch ID`.',
  },
  'server/too-few-persons': {
    says: 'two people are to be needed for each change of {network}, and there are tokens of {persons}',
    fix: 'Make tokens for others first: `hawser token create --role operator --name NAME`; `hawser token list` shows whose there are.',
  },
  'server/login-by-token-only': {
    says: 'at this server one logs in with a token: no provider of OpenID Connect is set',
    fix: 'Ask an admin for a token, or for `hawser oidc set`.',
  },
  'server/bad-login-provider': {
    says: 'the provider of logins cannot be set: {why}',
    fix: '`hawser oidc set --help` shows an example.',
  },
  'server/login-provider-silent': {
    says: '{issuer} does not answer as a provider of OpenID Connect: {why}',
    fix: 'Try again in a while. A token lets you in meanwhile: `hawser token create`.',
  },
  'server/login-refused': {
    says: '{issuer} refused the login: {why}',
    fix: 'Try again. If it stays so, let an admin compare `hawser oidc` with what is registered there: client, secret, return address.',
  },
  'server/login-unproven': {
    says: 'what {issuer} sends does not prove who you are: {why}',
    fix: 'Nobody was logged in. Let an admin see whether issuer, client and clocks are right: `hawser oidc`.',
  },
  'server/login-not-begun': {
    says: 'this login was not begun in this browser, took more than ten minutes, or was used already',
    fix: 'Begin again.',
  },
  'server/login-no-role': {
    says: '{name} is in no group that may do anything here; {has}',
    fix: 'Ask an admin to let you into a group, or to name one of yours: `hawser oidc` shows which there are.',
  },
  'server/login-revoked': {
    says: 'what {name} had here was revoked: {id}',
    fix: 'Ask an admin: `hawser token readmit {id}` lets you in again.',
  },
  'server/certificate-unusable': {
    says: 'the TLS file {file} cannot be used: {detail}',
    fix: 'Give the PEM files of one key and its certificate, or leave both out: the server then makes its own.',
  },
  'server/unknown-machine': {
    says: 'no machine of this identity is in the network {network}',
    fix: 'Ask for a token and join again: `hawser join TOKEN`.',
  },
  'server/not-proven': {
    says: 'whoever connects as {machine} does not prove the identity that it names',
    fix: 'If it is that machine, its key was changed: `hawser replace {machine}` and `hawser join TOKEN` there.',
  },
  'server/other-name': {
    says: 'this machine joined under another name than {name}',
    fix: 'Restart its agent; if that does not help, join again after `hawser replace`.',
  },
  'server/not-connected': {
    says: 'the agent of {machine} is not connected',
    fix: 'Try again when `hawser status` shows it.',
  },
  'server/connected-elsewhere': {
    says: 'the agent of {machine} is connected to an older server, {place}, which asks it for no other',
    fix: 'Upgrade that server too; until then ask there: `hawser login` with a token for {place}.',
  },
  'server/tries-nothing': {
    says: 'the agent of {machine} is too old to try anything',
    fix: '`hawser upgrade {machine}` gives it the version of the server’s packages.',
  },
  'server/benchmark-runs': {
    says: 'something is measured in {network} already',
    fix: 'Two measurements at once measure each other; wait until it is over.',
  },
  'server/benchmark-closed': {
    says: 'no TCP may pass from {from} to {to}: {reason}',
    fix: 'Let tcp/{port} pass by a rule of the policy for as long as you measure, or name another port with --port.',
  },
  'server/benchmark-taken': {
    says: 'each TCP port that {to} could be measured by is taken there; tried, of those that may pass from {from}: {tried}',
    fix: 'Let tcp/{port} pass by a rule of the policy for as long as you measure, or name with --port another that may pass and is free.',
  },
  'server/benchmark-failed': {
    says: 'nothing could be measured between {from} and {to}: {why}',
    fix: '`hawser why {from} {to}` says what is in the way of all of its packets; what filters of others do, that machine’s `hawser doctor`.',
  },
  'server/frozen': {
    says: 'the network {network} is frozen: nothing is changed on its machines',
    fix: '`hawser thaw` ends that.',
  },
  'server/no-upgrade': {
    says: 'the agent of {machine}, version {program}, cannot put another version in its own place',
    fix: 'It is older than that, or runs from a checkout: install the newer package there by hand (docs/install.md).',
  },
  'server/upgrade-under-way': {
    says: 'version {version} is being put in place on {machine}',
    fix: 'Wait until that has come to its end: `hawser status`.',
  },
  'server/no-packages': {
    says: 'this server has no package of Hawser{what}',
    fix: 'Put the packages where the server finds them: `npm run package`, `hawser server --packages DIR`.',
  },
  'server/older-than-package': {
    says: 'the packages are of version {version}, and this server of version {own}',
    fix: 'Upgrade the server first: it serves agents of the two releases before it, and none after it.',
  },
  'server/two-machines': {
    says: 'two machines say that they are {machine}: one at {first}, one at {second}',
    fix: 'One is a copy of the other. On the copy, remove /var/lib/hawser and join again under a name of its own.',
  },
  'server/key-taken': {
    says: 'the WireGuard key is that of {machine}',
    fix: 'If this is {machine}, join under that name: --name {machine}. A copied machine needs keys of its own: remove /var/lib/hawser there, and join again.',
  },
  'server/other-key': {
    says: 'the file names another WireGuard key for {machine} than that machine has',
    fix: 'Remove `key` of {machine} from the file: the key of its agent counts then. Or let it bring the tunnel along that has the key of the file: `hawser join TOKEN --adopt INTERFACE`.',
  },
  'server/not-managed': {
    says: '{machine} stands in the file as `managed: false`: no agent runs there',
    fix: 'Remove that from the file, or hand out its configuration with `hawser export`.',
  },
  'server/other-network': {
    says: 'the file says `network: {found}`, not {name}',
    fix: 'Name the network as its file does.',
  },
  'server/bad-syslog': {
    says: '{text} is no address of a syslog server',
    fix: 'Write udp://HOST:PORT, tcp://HOST:PORT or unix:/dev/log; the port is 514 unless said.',
  },
  'server/bad-receiver': {
    says: 'that is no address of a {kind} for alerts',
    fix: 'Write https://HOST/PATH for a webhook, smtp://HOST:PORT or smtps://HOST:PORT for a mail server, without a user or password in it.',
  },
  'server/alert-not-taken': {
    says: '{name} did not take the alert: {why}',
    fix: 'See whether it runs, and whether this server reaches it; `hawser alerts add` writes another address, secret or authority for it.',
  },
  'server/rotation-runs': {
    says: 'the key of {machine} is being changed, and one at a time is',
    fix: 'Wait until that is done (`hawser rotate --status`), or give it up: `hawser rotate --abort`.',
  },
  'server/no-rotation': {
    says: 'no such key is being changed in {network}',
    fix: '`hawser rotate MACHINE` changes one; `hawser rotate --status` tells what is under way.',
  },
  'server/rotation-too-far': {
    says: '{machine} has its new key already: there is no way back to the old one',
    fix: 'It goes on by itself. If somebody holds it up (`hawser rotate --status`), `hawser rotate --finish` goes on without.',
  },
  'server/preshared-runs': {
    says: 'newer preshared keys are being handed out already, and wait for {machines}',
    fix: 'Wait for them, `hawser remove` those that are gone for good, or go on without: `hawser rotate --preshared --finish`.',
  },
  'server/rotation-port': {
    says: 'UDP {port} of {holder} is taken by a tunnel that stays, or by the VXLAN of segments, and the second tunnel needs a port of its own',
    fix: 'Say another --port, or none: then it is the one after the machine’s own.',
  },
  'server/rotation-needs': {
    says: '{machine} itself has not done its part, and it is its key that changes',
    fix: '`hawser rotate --status` says why; `hawser rotate --abort` gives it up.',
  },
  'server/not-member': {
    says: '{machine} is no member: it has no end',
    fix: 'Members of the file end by themselves; cut another machine off with `hawser suspend {machine}`, or take it out with `hawser remove {machine}`.',
  },
  'server/key-in-file': {
    says: 'the file gives the key of {machine}',
    fix: 'Remove `key` there, so that its agent makes its own, or write another one.',
  },
  'server/rotate-file-holder': {
    says: 'no agent runs on {machine}: its key is in the file that it was given',
    fix: 'Make another file, with another key: `hawser export FILE {machine} --new-key`, or write its new public key as `key` into the network’s file.',
  },
  'server/key-made-there': {
    says: '{machine} is managed: its key is born on the machine itself',
    fix: 'Say `managed: false` in the file if nothing of ours is to run there; `hawser rotate {machine}` changes its key.',
  },
  'server/invite-agent': {
    says: 'an agent runs on {machine}, or is to: it is not for a person to set up by hand',
    fix: 'Let it join: `hawser token create --join`, then `hawser join TOKEN` there. Or write `managed: false` for {machine} into the file, and invite again.',
  },
  'server/invite-has-key': {
    says: '{machine} has a key already',
    fix: 'Another device of the same person is a member of its own: invite it under another name. If this one is to have another key, say so: `hawser invite {machine} --new-key`; the one before ends when the link is used.',
  },
  'server/invite-nobody': {
    says: 'nobody is there yet whom {machine} could reach: no machine that it has tunnels to has joined',
    fix: 'Keep this link and open it again when they have: `hawser status` shows them.',
  },
  'server/key-moved': {
    says: '{machine} was given another key meanwhile',
    fix: 'Somebody else exported it, too: ask who has its file now, then export it again.',
  },
  'server/backup-unreadable': {
    says: '{file} cannot be read as a backup: {why}',
    fix: 'Nothing was changed. Check file and passphrase; `hawser backup verify` tells whether a backup can be restored.',
  },
  'server/store-not-empty': {
    says: 'there is something in {store} already',
    fix: 'Restore into a new data folder or an empty database; move the old one aside if it is no longer needed.',
  },
  'server/thread-ended': {
    says: 'the part of the server that computes has ended: {why}',
    fix: 'Nothing was changed. It has been started again: try once more. If it ends again, the server’s log says more; it may need more memory.',
  },
});
