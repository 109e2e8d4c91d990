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
  'cli/write-failed': {
    says: '{file} cannot be written: {reason}',
    fix: 'Check the folder, its owner and the space left; nothing was changed.',
  },
});
