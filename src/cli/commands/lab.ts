import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { DiagnosticsError, formatDiagnostic, HawserError } from '#base';
import { assumeKeys, check, emptyFacts, link } from '#compile';
import {
  cut,
  exec,
  heal,
  listLabs,
  matrix,
  openLab,
  type Paint,
  pairLines,
  pickLab,
  type Proof,
  proofJson,
  prove,
  reconcile,
  remove,
  serveStation,
  statusOf,
  stationNamed,
  summary,
  up,
} from '#lab';
import { loadNetwork, type Network } from '#spec';
import { diskReader } from '../files.ts';
import { progressFor } from './lab-progress.ts';

/** `hawser lab ...`: a whole network on one machine. */
export function labCommand(): Command {
  const lab = new Command('lab').enablePositionalOptions().description('a whole network on this machine, in namespaces');
  for (const command of [
    upCommand(),
    downCommand(),
    listCommand(),
    statusCommand(),
    execCommand(),
    pingCommand(),
    proveCommand(),
    cutCommand(),
    healCommand(),
    reconcileCommand(),
  ]) {
    lab.addCommand(command);
  }
  return lab.addCommand(stationCommand(), { hidden: true });
}

interface Options {
  readonly name?: string;
  readonly json?: boolean;
}

/** A subcommand with the options that all have. */
const sub = (usage: string, description: string): Command =>
  new Command(usage)
    .description(description)
    .option('--name <name>', 'which lab, where several are up')
    .option('--json', 'for programs');

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** Runs an action; a HawserError becomes its text, or JSON, and exit code 2. */
async function guarded(options: Options, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof DiagnosticsError) {
      if (options.json) printJson({ errors: error.diagnostics });
      else process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    } else if (error instanceof HawserError) {
      const { code, message, fix } = error;
      if (options.json) printJson({ error: { code, message, fix } });
      else process.stderr.write(`${formatDiagnostic(error)}\n`);
      process.exitCode = 2;
    } else {
      throw error;
    }
  }
}

/** The network of a file that is right. Throws all its errors. */
function readNetwork(file: string): Network {
  const { network, diagnostics } = loadNetwork(file, diskReader);
  if (!network) throw new DiagnosticsError(diagnostics.filter(isError));
  const facts = assumeKeys(network, emptyFacts);
  const found = check(link({ ...facts, network, epoch: 'check', rev: 0 }));
  const errors = found.diagnostics.filter(isError);
  if (errors.length > 0) throw new DiagnosticsError(errors);
  return network;
}

const isError = ({ severity }: { readonly severity: string }): boolean => severity === 'error';

/** How this very program is run, for the machines of the lab. */
const thisProgram = (): readonly string[] => [process.execPath, resolve(process.argv[1] ?? '')];

const paint: Paint = {
  good: (text) => styleText('green', text),
  bad: (text) => styleText(['red', 'bold'], text),
  dim: (text) => styleText('dim', text),
  head: (text) => styleText('bold', text),
};

/** Up to this many pairs get a line each; more become a matrix. */
const mostLines = 30;

function showProof(proof: Proof, options: Options): void {
  if (options.json) printJson(proofJson(proof));
  else {
    const pairs = new Set(proof.findings.map(({ expected: e }) => `${e.from} ${e.to}`)).size;
    const table = pairs > mostLines ? matrix(proof.findings, paint) : pairLines(proof.findings, paint);
    if (proof.findings.length > 0) print(`\n${table}\n`);
    print(summary(proof, paint));
  }
  if (proof.mismatches.length > 0) process.exitCode = 1;
}

interface UpOptions extends Options {
  readonly proof: boolean;
}

const upCommand = (): Command =>
  sub('up', 'build the network of a file here, and prove that it works')
    .argument('<file>', 'the network, in YAML')
    .option('--no-proof', 'do not measure')
    .action((file: string, options: UpOptions) =>
      guarded(options, async () => {
        const network = readNetwork(file);
        const progress = await progressFor(options.json ?? false);
        const { report } = progress;
        const name = options.name ?? network.name;
        try {
          const path = resolve(file);
          const lab = await up({ name, network, file: path, program: thisProgram(), report });
          const proof = options.proof ? await prove(lab, { report }) : undefined;
          await progress.end();
          if (proof) showProof(proof, options);
          else if (options.json) printJson({ name });
          if (!options.json) print(nextSteps(name));
        } catch (error) {
          await progress.end();
          throw error;
        }
      }),
    );

const nextSteps = (name: string): string =>
  [
    '',
    `The lab ${name} is up. Look around:`,
    '  hawser lab status',
    '  hawser lab exec MACHINE -- wg show',
    '  hawser lab cut SITE; hawser lab ping; hawser lab heal',
    `  hawser lab down ${name}`,
  ].join('\n');

const downCommand = (): Command =>
  sub('down', 'remove a lab and all that belongs to it')
    .argument('[lab]', 'its name')
    .option('--all', 'remove all labs')
    .action((lab: string | undefined, options: Options & { all?: boolean }) =>
      guarded(options, async () => {
        const labs = options.all ? await listLabs() : [await pickLab(lab ?? options.name)];
        for (const each of labs) await remove(each);
        const removed = labs.map(({ name }) => name);
        if (options.json) printJson({ removed });
        else for (const name of removed) print(`${name} is gone`);
      }),
    );

const listCommand = (): Command =>
  sub('list', 'the labs that are up').action((options: Options) =>
    guarded(options, async () => {
      const labs = await listLabs();
      const rows = labs.map(({ name, status, record }) => ({
        name,
        status,
        network: record?.network,
        file: record?.file,
        created: record?.created,
        cuts: record?.cuts ?? [],
      }));
      if (options.json) printJson(rows);
      else if (rows.length === 0) print('no lab is up');
      for (const row of options.json ? [] : rows) {
        print(`${row.name}  ${row.status}  ${row.file ?? ''}  since ${row.created ?? '?'}`);
      }
    }),
  );

const statusCommand = (): Command =>
  sub('status', 'the machines of a lab, their addresses and tunnels')
    .argument('[lab]', 'its name')
    .action((name: string | undefined, options: Options) =>
      guarded(options, async () => {
        const lab = await openLab(name ?? options.name);
        const machines = await statusOf(lab);
        const { cuts } = lab.record;
        if (options.json) return printJson({ name: lab.record.name, cuts, machines });
        print(`${lab.record.name}: ${lab.record.file}`);
        for (const cutOff of cuts) print(`  cut: ${cutOff.join(' from ')}`);
        const width = Math.max(...machines.map((machine) => machine.name.length));
        for (const { name: machine, kind, addresses, tunnels } of machines) {
          const tunnel = tunnels.peers > 0 ? `  tunnels ${tunnels.up}/${tunnels.peers}` : '';
          print(`  ${machine.padEnd(width)}  ${kind.padEnd(7)}  ${addresses.join(' ')}${tunnel}`);
        }
      }),
    );

const execCommand = (): Command =>
  sub('exec', 'run a command on a machine of a lab')
    .argument('<machine>', 'gateway, node, member, host or pod')
    .argument('<command...>', 'the command, after --')
    .passThroughOptions()
    .action((machine: string, command: readonly string[], options: Options) =>
      guarded(options, async () => {
        process.exitCode = await exec(await openLab(options.name), machine, command);
      }),
    );

const pingCommand = (): Command =>
  sub('ping', 'ICMP echo between two machines, or all of them')
    .argument('[from]', 'a machine')
    .argument('[to]', 'another one')
    .action((from: string | undefined, to: string | undefined, options: Options) =>
      guarded(options, async () => {
        const lab = await openLab(options.name);
        for (const machine of [from, to]) if (machine !== undefined) stationNamed(lab, machine);
        const choice = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
        const ports = [{ protocol: 'icmp' as const }];
        showProof(await prove(lab, { ...choice, ports, handshakesWithinMs: 0 }), options);
      }),
    );

const proveCommand = (): Command =>
  sub('prove', 'measure every flow again and compare it with what the file says')
    .argument('[lab]', 'its name')
    .action((name: string | undefined, options: Options) =>
      guarded(options, async () => {
        const lab = await openLab(name ?? options.name);
        const progress = await progressFor(options.json ?? false);
        const proof = await prove(lab, { report: progress.report });
        await progress.end();
        showProof(proof, options);
      }),
    );

const cutCommand = (): Command =>
  sub('cut', 'cut a site or machine off from the internet, or two from each other')
    .argument('<a>', 'a site, gateway, node, host or member')
    .argument('[b]', 'another one')
    .action((a: string, b: string | undefined, options: Options) =>
      guarded(options, async () => {
        const lab = await cut(await openLab(options.name), b === undefined ? [a] : [a, b]);
        if (options.json) return printJson({ cuts: lab.record.cuts });
        print(b === undefined ? `${a} is cut off` : `${a} and ${b} are cut off from each other`);
      }),
    );

const healCommand = (): Command =>
  sub('heal', 'take cuts back: all, those of one end, or one')
    .argument('[a]', 'a site, gateway, node, host or member')
    .argument('[b]', 'another one')
    .action((a: string | undefined, b: string | undefined, options: Options) =>
      guarded(options, async () => {
        const which = a === undefined ? undefined : b === undefined ? ([a] as const) : ([a, b] as const);
        const lab = await heal(await openLab(options.name), which);
        if (options.json) return printJson({ cuts: lab.record.cuts });
        const left = lab.record.cuts.map((cutOff) => cutOff.join(' from '));
        print(left.length === 0 ? 'nothing is cut' : `still cut: ${left.join(', ')}`);
      }),
    );

const reconcileCommand = (): Command =>
  sub('reconcile', 'let the agent pass once, on one machine or on all')
    .argument('[machine]', 'a managed machine')
    .action((machine: string | undefined, options: Options) =>
      guarded(options, async () => {
        const lab = await openLab(options.name);
        if (machine !== undefined) stationNamed(lab, machine);
        const passes = await reconcile(lab, thisProgram(), machine);
        if (options.json) return printJson(passes);
        for (const { machine: name, said } of passes) print(`${name}:\n${said.trimEnd()}`);
      }),
    );

interface StationFlags {
  readonly lab: string;
  readonly home: string;
  readonly socket: string;
}

/** What the lab starts for each machine; not for people. */
const stationCommand = (): Command =>
  new Command('station')
    .argument('<name>')
    .requiredOption('--lab <folder>')
    .requiredOption('--home <folder>')
    .requiredOption('--socket <path>')
    .action((name: string, { lab: labDir, home, socket }: StationFlags) =>
      serveStation({ name, labDir, home, socket }),
    );

