import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { type Diagnostic, formatDiagnostic, formatPlace } from '#base';
import {
  assumeKeys,
  check,
  emptyFacts,
  factsFileName,
  type Imported,
  type ImportFormat,
  type ImportOptions,
  importFormats,
  importNetwork,
  link,
  parseFacts,
  writeFacts,
} from '#compile';
import { loadNetwork, specErrors } from '#spec';
import { cliErrors } from '../errors.ts';
import { exitCodes, exitWith, plainDiagnostic } from '../exit.ts';
import { diskReader } from '../files.ts';
import { readFacts } from '../load.ts';
import { print, printJson } from '../output.ts';
import { writeShared } from '../write.ts';

interface Options {
  readonly format?: ImportFormat;
  readonly network?: string;
  readonly name?: Readonly<Record<string, string>>;
  readonly overlay?: readonly string[];
  readonly endpoint?: Readonly<Record<string, string>>;
  readonly subnet?: Readonly<Record<string, readonly string[]>>;
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export const importCommand = (): Command =>
  new Command('import')
    .description('make a file of what a network has today: WireGuard, MuPIF, BiBiGrid')
    .argument('<files...>', 'wg0.conf of each machine; the JSON of a hub; a bibigrid.yml')
    .addOption(
      new Option(
        '-f, --format <format>',
        'of which kind they are, where that is not clear',
      ).choices(importFormats),
    )
    .option(
      '-o, --output <file>',
      `write it there, and the public keys into ${factsFileName} beside it; else it has them itself`,
    )
    .option('--force', 'overwrite the output')
    .option('--network <name>', 'the name of the network')
    .option('--name <old=new>', 'what a machine is called instead; may be repeated', oneEach)
    .option(
      '--overlay <prefix>',
      'the range of addresses inside the tunnels; may be repeated',
      more,
    )
    .option('--endpoint <name=host:port>', 'where a machine is reached; may be repeated', oneEach)
    .option('--subnet <name=prefix>', 'what lies behind a machine; may be repeated', manyEach)
    .option('--json', 'for programs: the file, what is open in it, and what was left out')
    .addHelpText(
      'after',
      `
Nothing is guessed in silence: lines with ASSUMED say what was taken, lines with QUESTION what has
to be answered, and what is not in the file at all is listed on standard error. Private and
preshared keys never get into the files; which tunnels have a preshared key is kept with the public
keys, and \`hawser join --adopt INTERFACE\` on the machine itself goes on with all of them.

Exit code 0: done. 1: done, but questions or errors are left in it. 2: nothing could be made.`,
    )
    .action((files: readonly string[], options: Options) => run(files, options));

const more = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

function pair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw cliErrors.error('cli/no-pair', { text }, { text });
}

type OneEach = Readonly<Record<string, string>>;
type ManyEach = Readonly<Record<string, readonly string[]>>;

function oneEach(text: string, before: OneEach = {}): OneEach {
  const [name, value] = pair(text);
  return { ...before, [name]: value };
}

function manyEach(text: string, before: ManyEach = {}): ManyEach {
  const [name, values] = pair(text);
  const earlier = Object.hasOwn(before, name) ? (before[name] ?? []) : [];
  return { ...before, [name]: [...earlier, ...values.split(',')] };
}

function run(files: readonly string[], options: Options): void {
  const { output, force = false } = options;
  if (output !== undefined) refuseOverwrite(output, force);
  const imported = importNetwork(
    files.map((file) => ({ file, text: textOf(file) })),
    wanted(options),
  );
  const findings = findingsOf(imported, output ?? 'hawser.yaml');
  const written = output === undefined ? [] : write(imported, output, force);
  if (options.json) {
    printJson({ ...imported, diagnostics: findings.map(plainDiagnostic) });
  } else {
    if (options.output === undefined) print(imported.yaml);
    process.stderr.write(reportText(imported, findings, written));
  }
  const isOpen = imported.remarks.some(({ kind }) => kind === 'question');
  exitWith(isOpen || findings.some(isError) ? exitCodes.no : exitCodes.yes);
}

/** Writes the network's file, and its facts where there are any; gives the names of what was written. */
function write(imported: Imported, output: string, force: boolean): readonly string[] {
  const { network, yaml, facts } = imported;
  const hasFacts = Object.keys(facts.keys).length > 0;
  const file = join(dirname(output), factsFileName);
  const old = hasFacts ? readFacts(file) : undefined;
  if (old !== undefined && !force && hasFactsOf(old, network, file)) {
    throw cliErrors.error('cli/facts-exist', { file, network }, { text: file });
  }
  if (hasFacts) writeShared(file, writeFacts(old, network, facts));
  writeShared(output, yaml);
  return hasFacts ? [output, file] : [output];
}

const hasFactsOf = (text: string, network: string, file: string): boolean =>
  parseFacts(text, network, file) !== emptyFacts;

const wanted = (options: Options): ImportOptions & { readonly format?: ImportFormat } => ({
  ...(options.format && { format: options.format }),
  ...(options.network !== undefined && { network: options.network }),
  ...(options.name && { names: options.name }),
  ...(options.overlay && { overlay: options.overlay }),
  ...(options.endpoint && { endpoints: options.endpoint }),
  ...(options.subnet && { subnets: options.subnet }),
  keysApart: options.output !== undefined,
});

function textOf(file: string): string {
  let text: string | undefined;
  try {
    text = diskReader.read(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw specErrors.error('spec/file-unreadable', { file, reason }, { text: file, cause });
  }
  if (text !== undefined) return text;
  throw specErrors.error('spec/file-not-found', { file }, { text: file });
}

function refuseOverwrite(file: string, force: boolean | undefined): void {
  if (force || lstatSync(file, { throwIfNoEntry: false }) === undefined) return;
  throw cliErrors.error('cli/output-exists', { file }, { text: file });
}

const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

/** What `hawser check` will say to the new file. */
function findingsOf({ yaml, facts }: Imported, file: string): readonly Diagnostic[] {
  const { network, diagnostics } = loadNetwork(file, { read: () => yaml, glob: () => [] });
  if (!network) return diagnostics;
  const model = link({ ...assumeKeys(network, facts), network, epoch: 'file', rev: 0 });
  return [...diagnostics, ...check(model).diagnostics];
}

function reportText(
  { remarks, left }: Imported,
  findings: readonly Diagnostic[],
  written: readonly string[],
): string {
  const [output] = written;
  const at = output === undefined ? 'line ' : `${output}:`;
  const kinds = { assumed: 'assumed', question: 'QUESTION' } as const;
  const lines = [
    ...left.map(
      ({ what, why, place }) =>
        `${place ? `${formatPlace(place)}: ` : ''}not taken over: ${what}: ${why}`,
    ),
    ...remarks.map(({ kind, text, line }) => `${at}${line}: ${kinds[kind]}: ${text}`),
    ...findings.map(formatDiagnostic),
  ];
  const names = written.join(' and ');
  const done = output === undefined ? [] : [`written to ${names}; next: hawser check ${output}`];
  return [...lines, ...done].map((line) => `${line}\n`).join('');
}
