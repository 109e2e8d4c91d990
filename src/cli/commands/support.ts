import { hostname } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import { Command } from 'commander';
import {
  type Bundle,
  type Item,
  machineItems,
  makeBundle,
  type NameKind,
  type Names,
  namesOnMachine,
  neverRead,
  publicWords,
  spacesHere,
} from '#doctor';
import { countingRun } from '#host';
import packageFile from '../../../package.json' with { type: 'json' };
import { print, printJson } from '../output.ts';
import { serverPart } from '../remote/support.ts';
import { writeShared } from '../write.ts';
import { stateFolder } from './agent-daemon.ts';
import { describeResults, examine, plainResults } from './doctor.ts';

interface Flags {
  readonly stateDir: string;
  readonly anonymize?: boolean;
  readonly server: boolean;
  readonly json?: boolean;
}

export const supportCommand = (): Command =>
  new Command('support')
    .description(
      'pack what a bug report needs of this machine, without keys, tokens and passphrases',
    )
    .argument('[file]', 'where to write it; hawser-support-DATE.tar.gz unless said')
    .option('--anonymize', 'replace names, addresses and public keys, equal ones by equal ones')
    .option('--no-server', 'nothing of the server that one is logged in at')
    .option(...stateFolder)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nWhat is in it, and what is not, stands in its index.txt. Nothing is sent anywhere.',
    )
    .action(support);

async function support(given: string | undefined, flags: Flags): Promise<void> {
  const now = new Date();
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const folder = flags.anonymize
    ? `hawser-support-${stamp}`
    : `hawser-support-${hostname()}-${stamp}`;
  const file = given ?? `${folder}.tar.gz`;
  const bundle = await collect(flags, folder, now);
  writeShared(file, bundle.archive, 0o600);
  if (flags.json) {
    const { parts, leftOut } = bundle;
    printJson({ file, bytes: bundle.archive.length, parts, leftOut });
  } else print(summaryOf(file, bundle));
}

const isWatched = (): boolean => process.stderr.isTTY;
const erase = '\r\u001B[K';

async function collect(flags: Flags, folder: string, now: Date): Promise<Bundle> {
  const { stateDir, anonymize } = flags;
  const { run } = countingRun();
  const server = flags.server ? await serverPart() : undefined;
  const machine = anonymize ? await namesOnMachine(stateDir) : undefined;
  const publicKeys = await publicWords(run, stateDir);
  const bundle = await makeBundle({
    items: [
      ...doctorItems(stateDir),
      ...machineItems(run, stateDir, packageFile.version, await spacesHere()),
      ...(server?.items(anonymize ?? false) ?? []),
    ],
    leftOut: [...neverRead(stateDir), ...(server?.leftOut(anonymize ?? false) ?? [])],
    publicKeys,
    ...(machine && { names: merged(machine, server?.names) }),
    folder,
    now,
    progress: (path, done, all) => {
      if (isWatched()) process.stderr.write(`${erase}${done} of ${all}: ${path}`);
    },
  });
  server?.close();
  if (isWatched()) process.stderr.write(erase);
  return bundle;
}

const merged = (one: Names, other: Partial<Names> = {}): Names => {
  const kinds = Object.keys(one) as NameKind[];
  const both = kinds.map((kind) => [kind, [...one[kind], ...(other[kind] ?? [])]] as const);
  return Object.fromEntries(both) as unknown as Names;
};

function doctorItems(stateDir: string): readonly Item[] {
  const results = examine(stateDir, []);
  const from = '`hawser doctor`';
  return [
    {
      path: 'doctor.txt',
      from,
      keep: 'head',
      read: async () => `${stripVTControlCharacters(describeResults(await results))}\n`,
    },
    {
      path: 'doctor.json',
      from: `${from} --json`,
      keep: 'head',
      read: async () => `${JSON.stringify(plainResults(await results), null, 2)}\n`,
    },
  ];
}

function summaryOf(file: string, { archive, parts, leftOut }: Bundle): string {
  const removed = parts.flatMap((part) => Object.values(part.removed));
  const count = removed.reduce((sum, one) => sum + one, 0);
  const words = count === 1 ? 'word that may be a secret was' : 'words that may be secrets were';
  return [
    `${file}: ${parts.length} files, ${Math.ceil(archive.length / 1024)} KB; ${count} ${words} taken out`,
    ...leftOut.map(({ what, why }) => `  not in it: ${what}: ${why}`),
    'look through it before you hand it out: `tar -xzf` unpacks it, index.txt says what is what',
  ].join('\n');
}
