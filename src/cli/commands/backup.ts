import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { BackupContent, StorePlace } from '#server';
import { newPassphrase, passphrase } from '../ask.ts';
import { cliErrors } from '../errors.ts';
import { print, printJson } from '../output.ts';
import { serverUrl } from '../remote/access.ts';
import { atServer, type Reasoned, type RemoteOptions, reason, remote } from '../remote/session.ts';
import {
  type DatabaseFlags,
  databaseFileOption,
  databaseOf,
  databaseOption,
} from '../server/database.ts';
import { defaultData } from '../server/places.ts';
import { fromNow } from '../times.ts';
import { writeShared } from '../write.ts';

interface Passphrase {
  readonly passphraseFile?: string;
}

interface BackupFlags extends RemoteOptions, Passphrase, Reasoned {
  readonly force?: boolean;
}

interface RestoreFlags extends Passphrase, DatabaseFlags {
  readonly data: string;
  readonly address?: string;
  readonly json?: boolean;
}

const passphraseFile = [
  '--passphrase-file <file>',
  'holds the passphrase; else HAWSER_PASSPHRASE, else it is asked for',
] as const;

export const backupCommand = (): Command =>
  remote('backup', 'fetch all that a server keeps, its CA key and tokens too, under a passphrase')
    .argument('[file]', 'where to write it; hawser-DATE.backup unless said')
    .option(...passphraseFile)
    .option('--force', 'also over a file that is there already')
    .option(...reason)
    .action(backup)
    .addCommand(verifyCommand());

async function backup(given: string | undefined, flags: BackupFlags): Promise<void> {
  const file = given ?? `hawser-${new Date().toISOString().slice(0, 10)}.backup`;
  if (!flags.force && existsSync(file)) {
    throw cliErrors.error('cli/output-exists', { file }, { text: file });
  }
  const secret = await newPassphrase(flags.passphraseFile);
  await atServer(flags, async (client) => {
    const body = { passphrase: secret.reveal(), why: flags.message };
    const content = await client.download('backup', { body });
    writeShared(file, content, 0o600);
    if (flags.json) printJson({ file, bytes: content.length });
    else print(`${file}: ${content.length} bytes; \`hawser backup verify ${file}\` proves it`);
  });
}

const verifyCommand = (): Command =>
  new Command('verify')
    .description('prove that a backup can be restored; changes nothing')
    .argument('<file>', 'from `hawser backup`')
    .option(...passphraseFile)
    .option('--json', 'for programs')
    .action(async (file: string, flags: Passphrase & { readonly json?: boolean }) => {
      const secret = await passphrase(flags.passphraseFile, false);
      const { verifyBackup } = await import('#server');
      tell(file, await verifyBackup(file, secret), 'is sound', flags.json);
    });

export const restoreCommand = (): Command =>
  new Command('restore')
    .description('put a backup into an empty place, from which `hawser server` then serves')
    .argument('<file>', 'from `hawser backup`')
    .option('--data <dir>', 'where the server is to keep everything', defaultData())
    .option(...databaseOption)
    .option(...databaseFileOption)
    .option('--address <host>', 'how machines will reach it from now on, to be told what they need')
    .option(...passphraseFile)
    .option('--json', 'for programs')
    .action(async (file: string, { data, address, ...flags }: RestoreFlags, command: Command) => {
      const database = databaseOf(flags, command);
      const place: StorePlace = database === undefined ? { data } : { database };
      const secret = await passphrase(flags.passphraseFile, false);
      const { restoreBackup } = await import('#server');
      const clock = (): Date => new Date();
      const content = await restoreBackup(file, place, { passphrase: secret, clock });
      tell(
        file,
        content,
        `is restored to ${database === undefined ? data : 'the database'}`,
        flags.json,
      );
      if (!flags.json) print(nextSteps(address).join('\n'));
    });

const placeOf = (address: string): string =>
  address.startsWith('https://') ? address : serverUrl(address);

function nextSteps(address: string | undefined): readonly string[] {
  const place = address === undefined ? 'https://HOST:7443' : placeOf(address);
  return [
    `Start it: hawser server --address ${address ?? 'HOST'}`,
    'Machines return by themselves if they know that address, or a name that leads there now.',
    `On others, as root: hawser agent server ${place}`,
  ];
}

function tell(file: string, content: BackupContent, what: string, json = false): void {
  if (json) return printJson({ file, ...content });
  const networks = content.networks.map(
    ({ network, revision }) => `${network} (revision ${revision.number})`,
  );
  print(`${file} ${what}: made ${fromNow(content.made)}; ${networks.join(', ') || 'no network'}`);
}
