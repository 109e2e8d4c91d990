import { errorTable } from '#base';

export const cliErrors = errorTable({
  'cli/unknown-format': {
    says: '{name} cannot be exported as {format}',
    fix: 'Formats for {kind}: {formats}.',
  },
  'cli/pending-peers': {
    says: '{machine} would have no peer: the keys of {pending} are not known yet',
    fix: "On each of them run 'hawser agent key --network {network}' and write what it prints as 'key:' into the file.",
  },
  'cli/key-was-given-out': {
    says: 'the private key of {machine} was made by an earlier export, which alone has it',
    fix: "Make a new key with --new-key (the old file stops working), or give the person's own public key with --public-key.",
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
  'cli/two-labs': {
    says: 'two labs are named: {a} and {b}',
    fix: 'Name one, as an argument or with --name.',
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
});
