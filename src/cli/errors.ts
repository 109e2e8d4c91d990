import { errorTable } from '#base';

export const cliErrors = errorTable({
  'cli/unknown-format': {
    says: '{name} cannot be exported as {format}',
    fix: 'Formats for {kind}: {formats}.',
  },
  'cli/pending-peers': {
    says: '{machine} would have no peer: the keys of {pending} are not known yet',
    fix: '{remedy}',
  },
  'cli/key-was-given-out': {
    says: 'the private key of {machine} is in the file that this machine has, and nowhere else',
    fix: "Whether an earlier export made it, or it was imported: `hawser export {named}` with --key-from OLD-FILE takes it from there, with --keep-key leaves it out. --new-key makes another one (the old file stops working); --public-key takes the person's own.",
  },
  'cli/one-key-option': {
    says: 'these say different things of one key: {options}',
    fix: 'Leave one of them away.',
  },
  'cli/no-key-there': {
    says: 'there is no private key to be had from {file}: {why}',
    fix: 'Name the wg or wg-quick file that the machine has; or leave its key out, with --keep-key.',
  },
  'cli/other-key': {
    says: 'the private key in {file} is not that of {machine}',
    fix: 'It may have been given another file since. Make a new key with --new-key, or give the public key of this one with --public-key.',
  },
  'cli/export-revoked': {
    says: '{machine} is cut off, and has no peers to write down',
    fix: 'Let it back first: `hawser revoke {machine} --undo`, or a later `expires` in the file.',
  },
  'cli/export-what': {
    says: 'which machine of {file}?',
    fix: 'Say `hawser export {file} MACHINE`; a machine alone is one of the server’s network.',
  },
  'cli/bad-public-key': {
    says: '{text} is no WireGuard public key',
    fix: 'A public key is 32 bytes in base64, 44 characters that end with =, as `wg pubkey` prints it.',
  },
  'cli/managed-key': {
    says: '{machine} is managed: its key is born on the machine itself',
    fix: "Say 'managed: false' in the file if nothing of ours is to run there; else leave the key options away.",
  },
  'cli/facts-unreadable': {
    says: '{file} is there, but cannot be read: {reason}',
    fix: 'Mend the file, its owner or its link: it holds public keys and the addresses given out.',
  },
  'cli/usage': {
    says: '{problem}',
    fix: 'Usage: {usage}; more with {path} --help.',
  },
  'cli/unknown-command': {
    says: 'there is no command {word}',
    fix: '{hint}',
  },
  'cli/two-labs': {
    says: 'two labs are named: {a} and {b}',
    fix: 'Name one, as an argument or with --name.',
  },
  'cli/secret-unreadable': {
    says: 'the secret in {file} cannot be read: {reason}',
    fix: 'Write it into a file of your own: `install -m 600 /dev/stdin FILE`.',
  },
  'cli/secret-is-open': {
    says: 'others may read the secret in {file}',
    fix: '`chmod 600 {file}`; whoever could read it may know it, so change it if it is in use.',
  },
  'cli/authority-unreadable': {
    says: 'the certificates in {file} cannot be read: {reason}',
    fix: 'Name a PEM file of the authority that vouches for the receiver.',
  },
  'cli/alert-where': {
    says: 'it is not said where alerts go to',
    fix: 'Say --webhook URL; or --mail ADDRESS, with --smtp smtp://HOST:587 and --from ADDRESS.',
  },
  'cli/silence-how-long': {
    says: 'for how long is {name} to be silenced?',
    fix: 'Say --for 2h, or --end where it is silenced already.',
  },
  'cli/expire-when': {
    says: 'it is not said when {name} ends, or twice',
    fix: 'Say one of --in 30d, --at 2027-01-31 and --never.',
  },
  'cli/silence-of-what': {
    says: 'it is not said of what nobody is to be alerted, or again',
    fix: 'Name a machine or a site: hawser silence NAME --for 2h. `hawser silence` alone shows what is silenced.',
  },
  'cli/silence-whom': {
    says: 'there is no machine and no site {name} in {network}',
    fix: '`hawser status` lists the machines; a site is one that has machines.',
  },
  'cli/not-silenced': {
    says: '{name} is not silenced',
    fix: '`hawser silence` shows what is.',
  },
  'cli/no-tunnel-named': {
    says: 'a history is of one tunnel',
    fix: 'Name the machines at its two ends: hawser tunnels A B --history. `hawser tunnels` lists them.',
  },
  'cli/option-after-machine': {
    says: '{option} stands after {machine}, where the command should begin',
    fix: 'Options come before the machine: hawser lab exec --name LAB {machine} -- COMMAND.',
  },
  'cli/bad-device': {
    says: '{text} is no name of a network device',
    fix: 'Device names have up to 15 letters, digits, dots, dashes and underscores, such as ens3.',
  },
  'cli/write-failed': {
    says: '{file} cannot be written: {reason}',
    fix: 'Check the folder, its owner and the space left; nothing was changed.',
  },
  'cli/join-token': {
    says: 'this token lets a machine join; nobody logs in with it',
    fix: 'On the machine that is to join, as root: `hawser join TOKEN`. A token to log in with comes from `hawser token create --role ROLE`.',
  },
  'cli/only-with-join': {
    says: 'this says something of machines that join, and the token is for a person: {options}',
    fix: 'Leave it away, or say --join for a token that lets machines in.',
  },
  'cli/not-logged-in': {
    says: 'this command speaks with a server, and none is known here',
    fix: 'Log in with `hawser login TOKEN`; `hawser server` prints the token when it starts for the first time. One that is lost is made anew on the server’s host: `hawser server reset-admin`.',
  },
  'cli/no-context': {
    says: 'there is no context {name}',
    fix: '{hint} `hawser login TOKEN --name {name}` makes it.',
  },
  'cli/contexts-unreadable': {
    says: '{file} cannot be read: {reason}',
    fix: 'Mend it, or delete it and log in again.',
  },
  'cli/bad-server': {
    says: '{text} is no address of a server',
    fix: 'Write https://HOST:PORT, such as https://203.0.113.10:7443; the port is 7443 unless said.',
  },
  'cli/server-unreachable': {
    says: 'no answer from {servers}: {reason}',
    fix: 'See whether `hawser server` runs there and its port is open; if it moved, set HAWSER_SERVER=https://HOST:PORT.',
  },
  'cli/answer-lost': {
    says: 'what was asked was sent to {servers}, and the answer was lost: {reason}; it may be done, or not',
    fix: 'When the server answers again, look: `hawser history`, `hawser status`. What is not done may be asked for again.',
  },
  'cli/needs-yes': {
    says: 'this has to be meant: {why}',
    fix: 'Say --yes if it is; nothing was changed.',
  },
  'cli/bad-answer': {
    says: 'the server answered something else than was asked for: {why}',
    fix: 'See whether it is a Hawser server, and of a version like that of this program (`hawser --version`).',
  },
  'cli/which-network': {
    says: 'the server has several networks: {networks}',
    fix: 'Name one with --network, or for good with `hawser login TOKEN --network NAME`.',
  },
  'cli/no-monitor': {
    says: '{network} has no monitor {name}; it has {known}',
    fix: 'Write its name as `hawser monitors` has it, or add it to the file under `monitors:`.',
  },
  'cli/no-networks': {
    says: 'the server has no network yet',
    fix: 'Begin one from its file: `hawser apply FILE --create`.',
  },
  'cli/no-network-yet': {
    says: 'the server has no network {network} yet; it has {networks}',
    fix: 'Say --create if a new network is meant, else write the right name as `network:` into the file.',
  },
  'cli/no-such-machine': {
    says: '{network} has no machine {machine}',
    fix: '{hint}',
  },
  'cli/nothing-to-install': {
    says: 'the server has no package of Hawser',
    fix: 'Put the packages where it finds them: `npm run package`, `hawser server --packages DIR`.',
  },
  'cli/upgrade-silent': {
    says: 'nothing was heard of the upgrade of {machine} within {seconds} s',
    fix: '`hawser status` shows which version runs; `hawser agent status` on the machine says more.',
  },
  'cli/not-applied': {
    says: '{file} is not what the network {network} is at revision {now}',
    fix: '`hawser apply {file}` makes it so, or say --apply here; `hawser diff {file}` shows how they differ.',
  },
  'cli/no-base': {
    says: 'the network {network} is at revision {now}, and nothing says which revision {file} was made from',
    fix: "`hawser pull FILE` fetches the network's file to edit; `hawser diff {file}` shows how this one differs; `hawser apply {file} --base REV` says what it was made from, as for a copy of another file; `--force` puts it there anyway.",
  },
  'cli/include-outside': {
    says: '{file} lies outside of the folder of {entry}',
    fix: 'A server keeps the file together with what it includes: move it below that folder.',
  },
  'cli/would-overwrite': {
    says: '{file} is there already, and differs from what the server has',
    fix: 'Give another name, --merge to put what others changed into it, or --force to overwrite it.',
  },
  'cli/bad-time': {
    says: '{text} is no time and no duration',
    fix: 'Write a duration such as 30m, 12h or 7d, or a time such as 2026-11-20T22:00:00Z.',
  },
  'cli/ended-already': {
    says: 'what ends at {text} is over already',
    fix: 'Name a time that is to come, or a duration from now on such as 12h.',
  },
  'cli/database-unreadable': {
    says: 'the address of the database cannot be read from {file}: {reason}',
    fix: 'Name a text file that holds it, postgres://USER:PASSWORD@HOST/DATABASE and nothing else.',
  },
  'cli/password-in-argv': {
    says: 'everybody on this machine can read the password of the database in the list of processes',
    fix: 'Say it with --database-file FILE or HAWSER_DATABASE, or leave it out of the URL: PGPASSWORD, PGPASSFILE and ~/.pgpass count.',
  },
  'cli/password-in-open-file': {
    says: 'everybody on this machine may read {file}, and the password of the database is in it',
    fix: 'Let its owner alone read it: `chmod 600 {file}`.',
  },
  'cli/database-ignored': {
    says: 'HAWSER_DATABASE does not count, because --data says where',
    fix: 'Leave --data out, or say --database-file FILE, if that database is meant.',
  },
  'cli/no-server-here': {
    says: 'no server keeps anything in {data}',
    fix: 'Say --data DIR or --database URL, as `hawser server` was told on this machine.',
  },
  'cli/cannot-listen': {
    says: 'cannot listen on {place}: {reason}',
    fix: 'Choose another port with --listen, or end what has this one: `ss -ltnp` names it.',
  },
  'cli/bad-listen': {
    says: '{text} is no address to listen on',
    fix: 'Write HOST:PORT, such as 0.0.0.0:7443 or [::]:7443, or a port alone.',
  },
  'cli/no-address': {
    says: 'this machine has no address that others could reach it at',
    fix: 'Name one with --address HOST, as the machines that are to join know it.',
  },
  'cli/merge-conflict': {
    says: 'both you and others changed the same lines of {file}',
    fix: '`hawser diff {file}` shows how it differs from what the server has; take that over with `hawser pull FILE --force` and make your change again.',
  },
  'cli/no-such-network': {
    says: 'the server has no network {network}; it has {networks}',
    fix: 'Name one of those with --network.',
  },
  'cli/preshared-whole': {
    says: 'preshared keys change in the whole network, and there is no way back',
    fix: 'Say `hawser rotate --preshared` alone; `--finish` goes on without machines that are away.',
  },
  'cli/rotate-what': {
    says: 'whose key is to be changed is not said',
    fix: 'Name a machine: `hawser rotate MACHINE`. `hawser rotate --status` shows what is under way.',
  },
  'cli/short-passphrase': {
    says: 'a passphrase of a backup has {shortest} letters or more',
    fix: 'Take a longer one: several words will do; without a terminal say --passphrase-file or HAWSER_PASSPHRASE. Whoever has the backup has all keys of the server.',
  },
  'cli/passphrase-unreadable': {
    says: 'the passphrase cannot be read from {file}: {reason}',
    fix: 'Name a text file that holds it, or leave --passphrase-file out: then HAWSER_PASSPHRASE counts, or it is asked for.',
  },
  'cli/passphrases-differ': {
    says: 'the two passphrases differ',
    fix: 'Try again; nothing was done.',
  },
  'cli/joined-none': {
    says: 'this machine has joined no network',
    fix: '`hawser join TOKEN` lets it join one; `hawser token create --join` makes the token.',
  },
  'cli/which-joined-network': {
    says: 'it is not clear which network is meant; this machine has joined: {names}',
    fix: 'Name one.',
  },
  'cli/no-state-yet': {
    says: 'this machine joined {network}, and has no state yet: {why}',
    fix: 'The agent goes on trying; `hawser agent status` says how it stands.',
  },
  'cli/no-pair': {
    says: '{text} is no NAME=VALUE',
    fix: 'Write the name of a machine or site of the files, `=`, and its value, such as cloud=192.168.66.0/24.',
  },
  'cli/output-exists': {
    says: '{file} is there already',
    fix: 'Give another name, or --force to overwrite it.',
  },
  'cli/also-kept': {
    says: '{owner} keeps {interface}, too ({what})',
    fix: '{remedy}; then join again. --yes joins all the same, and the two may work against each other.',
  },
  'cli/facts-exist': {
    says: '{file} has facts of a network {network} already',
    fix: 'Give another name with --network, write to another folder with --output, or take --force to replace them.',
  },
  'cli/nothing-to-suggest': {
    says: '{file} has no segments with sites, whose pools could be proposed',
    fix: 'Write the `subnet` of a segment and name its `sites`; their pools may be absent.',
  },
});
