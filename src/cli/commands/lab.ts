import { resolve } from 'node:path';
import { Command } from 'commander';
import {
  columns,
  cut,
  describeAddresses,
  describeAgent,
  describeTunnel,
  driftAtServer,
  exec,
  execQuietly,
  heal,
  type Lab,
  type LabRecord,
  type Listed,
  labErrors,
  listLabs,
  type MachineStatus,
  openLab,
  pickLab,
  prove,
  reconcile,
  remove,
  requireManaged,
  serveStation,
  stationNamed,
  statusOf,
  up,
} from '#lab';
import { cliErrors } from '../errors.ts';
import { exitWith } from '../exit.ts';
import { paint, print, printJson } from '../output.ts';
import { readFileSet } from '../remote/file-set.ts';
import { driftText } from '../remote/words.ts';
import { thisProgram } from '../this-program.ts';
import { applyCommand } from './lab-apply.ts';
import {
  doneExitCodes,
  type Options,
  oneLab,
  openSound,
  proofExitCodes,
  showProof,
  sub,
  withProgress,
} from './lab-common.ts';
import { drillCommands } from './lab-drills.ts';

/** `hawser lab ...`: a whole network on one machine. */
export function labCommand(): Command {
  const lab = new Command('lab')
    .enablePositionalOptions()
    .description('a whole network on this machine, in namespaces')
    .addHelpText(
      'after',
      `
Exit code 0: done, and the network is what its file says. 1: it is not, or the file has errors. 2: could not
be done. That of \`exec\` is the command's own.`,
    );
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
    applyCommand(),
    ...drillCommands(),
  ]) {
    lab.addCommand(command);
  }
  return lab.addCommand(stationCommand(), { hidden: true });
}

interface UpOptions extends Options {
  readonly proof: boolean;
  readonly direct?: boolean;
}

const upCommand = (): Command =>
  sub(
    'up',
    'build the network of a file here, and prove that it works',
    'what to call it; the name of the network unless said',
  )
    .argument('<file>', 'the network, as YAML')
    .option('--no-proof', 'do not measure')
    .option('--direct', 'without a server: each machine is brought to its state once')
    .addHelpText('after', proofExitCodes)
    .action(upAction);

async function upAction(file: string, options: UpOptions): Promise<void> {
  const { network, facts } = openSound(file);
  const name = options.name ?? network.name;
  const given = { name, network, ledger: facts.ledger, file: resolve(file) };
  const { lab, proof } = await withProgress(options, async (report) => {
    const files = options.direct ? {} : { files: readFileSet(file).files };
    const lab = await up({ ...given, ...files, program: thisProgram(), report });
    return { lab, proof: options.proof ? await prove(lab, { report }) : undefined };
  });
  if (proof) showProof(proof, [], options);
  else if (options.json) printJson({ name });
  if (!options.json) print(nextSteps(lab.record));
}

const nextSteps = ({ name, server }: LabRecord): string =>
  [
    '',
    `The lab ${name} is up. Look around:`,
    `  ./hawser lab status --name ${name}`,
    `  ./hawser lab exec --name ${name} MACHINE -- wg show`,
    ...(server === undefined
      ? []
      : [`  ./hawser lab exec --name ${name} ${server} -- hawser status`]),
    `  ./hawser lab cut --name ${name} SITE; ./hawser lab ping --name ${name}; ./hawser lab heal --name ${name}`,
    `  ./hawser lab down ${name}`,
  ].join('\n');

const downCommand = (): Command =>
  sub('down', 'remove a lab and all that belongs to it')
    .argument('[lab]', 'its name')
    .option('--all', 'remove all labs')
    .addHelpText('after', doneExitCodes)
    .action(async (lab: string | undefined, options: Options & { readonly all?: boolean }) => {
      const name = oneLab(lab, options);
      const labs = options.all ? await listLabs() : [await pickLab(name)];
      for (const each of labs) await remove(each);
      if (options.json) return printJson({ removed: labs.map((each) => each.name) });
      for (const each of labs) print(goneText(each));
    });

const goneText = ({ name, record }: Listed): string =>
  record ? `${name} is gone; its file was ${record.file}` : `${name} is gone`;

const listCommand = (): Command =>
  sub('list', 'the labs that are up')
    .addHelpText('after', doneExitCodes)
    .action(async (options: Options) => {
      const labs = await listLabs();
      if (options.json) printJson(labs.map(plainLab));
      else if (labs.length === 0) print('no lab is up');
      else print(columns(labs.map(labRow)));
    });

const plainLab = ({ name, status, record }: Listed) => ({
  name,
  status,
  ...(record && { network: record.network, file: record.file, created: record.created }),
  cuts: record?.cuts ?? [],
});

const labRow = ({ name, status, record }: Listed): readonly string[] => [
  name,
  paint(status === 'up' ? 'green' : 'yellow', status),
  record?.file ?? '',
  record ? `since ${record.created}` : '',
];

const statusCommand = (): Command =>
  sub('status', 'the machines of a lab, their addresses and tunnels')
    .argument('[lab]', 'its name')
    .addHelpText('after', doneExitCodes)
    .action(async (name: string | undefined, options: Options) => {
      const lab = await openLab(oneLab(name, options));
      const { server, machines } = await statusOf(lab);
      const { name: own, file, cuts } = lab.record;
      if (options.json) return printJson({ name: own, file, cuts, server, machines });
      print(`${own}: ${file}`);
      if (server) {
        const here = `server: ${server.name}, revision ${server.revision}`;
        print(server.runs ? here : `${here}, ${paint('red', 'it does not run')}`);
      }
      for (const cutOff of cuts) print(`cut: ${cutOff.join(' from ')}`);
      print(columns([statusHeads, ...machines.map(machineRow)].map(server ? keep : withoutAgents)));
    });

const statusHeads = ['machine', 'is', 'of', 'addresses', 'agent', 'latest handshakes'];

const machineRow = (machine: MachineStatus): readonly string[] => [
  machine.name,
  machine.kind,
  machine.unit === machine.name ? '' : machine.unit,
  describeAddresses(machine),
  machine.agent === undefined ? '' : describeAgent(machine.agent),
  machine.tunnels.map(describeTunnel).join('; '),
];

const keep = (row: readonly string[]): readonly string[] => row;
const withoutAgents = (row: readonly string[]): readonly string[] => row.toSpliced(4, 1);

const execCommand = (): Command =>
  sub('exec', 'run a command on a machine of a lab')
    .argument('<machine>', 'gateway, node, member, host or pod')
    .argument('<command...>', 'the command, after --')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
The machines of a lab share this machine's files, /tmp among them, but for /run, /etc/hosts and
/var/lib/hawser; they see the processes of the whole lab, and none of others. This very Hawser is
on their path; at the lab's server it is logged in: hawser lab exec server -- hawser history.

The exit code is the command's; 2 also says that it could not be run. --json, before the machine,
gives { machine, status, stdout, stderr }.`,
    )
    .action(execAction);

async function execAction(
  machine: string,
  words: readonly string[],
  options: Options,
): Promise<void> {
  const [first = ''] = words;
  const argv = first === '--' ? words.slice(1) : words;
  if (first !== '--' && first.startsWith('-')) {
    throw cliErrors.error('cli/option-after-machine', { option: first, machine });
  }
  const lab = await openLab(options.name);
  if (!options.json) return exitWith(await exec(lab, machine, argv));
  const { code: status, stdout, stderr } = await execQuietly(lab, machine, argv);
  printJson({ machine, status, stdout, stderr });
  exitWith(status);
}

const pingCommand = (): Command =>
  sub('ping', 'ICMP echo between two machines, or all of them')
    .argument('[from]', 'a machine')
    .argument('[to]', 'another one')
    .addHelpText('after', proofExitCodes)
    .action(async (from: string | undefined, to: string | undefined, options: Options) => {
      const lab = await openLab(options.name);
      for (const machine of [from, to]) if (machine !== undefined) stationNamed(lab, machine);
      if (from !== undefined && from === to) {
        throw labErrors.error('lab/same-machine', { machine: from });
      }
      const choice = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
      const ports = [{ protocol: 'icmp' as const }];
      const proof = await prove(lab, { ...choice, ports, handshakesWithinMs: 0, once: true });
      showProof(proof, lab.record.cuts, options);
    });

const proveCommand = (): Command =>
  sub('prove', 'measure every flow again and compare it with what the file says')
    .argument('[lab]', 'its name')
    .addHelpText('after', proofExitCodes)
    .action(async (name: string | undefined, options: Options) => {
      const lab = await openLab(oneLab(name, options));
      const proof = await withProgress(options, (report) => prove(lab, { report }));
      showProof(proof, lab.record.cuts, options);
    });

const cutCommand = (): Command =>
  sub('cut', 'cut a site or machine off from the internet, or two from each other')
    .argument('<a>', 'a site, gateway, node, host or member')
    .argument('[b]', 'another one')
    .addHelpText('after', doneExitCodes)
    .action(async (a: string, b: string | undefined, options: Options) => {
      const lab = await cut(await openLab(options.name), b === undefined ? [a] : [a, b]);
      if (options.json) return printJson({ cuts: lab.record.cuts });
      print(b === undefined ? `${a} is cut off` : `${a} and ${b} are cut off from each other`);
    });

const healCommand = (): Command =>
  sub('heal', 'take cuts back: all, those of one end, or one')
    .argument('[a]', 'a site, gateway, node, host or member')
    .argument('[b]', 'another one')
    .addHelpText('after', doneExitCodes)
    .action(async (a: string | undefined, b: string | undefined, options: Options) => {
      const ends = [a, b].filter((end) => end !== undefined);
      const lab = await heal(await openLab(options.name), ends);
      const { cuts } = lab.record;
      if (options.json) return printJson({ cuts });
      const left = cuts.map((cutOff) => cutOff.join(' from '));
      print(left.length === 0 ? 'nothing is cut' : `still cut: ${left.join(', ')}`);
    });

const reconcileCommand = (): Command =>
  sub('reconcile', 'let the agent pass once, on one machine or on all')
    .argument('[machine]', 'a managed machine')
    .addHelpText(
      'after',
      `
In a lab with a server agents do that by themselves, at once: what they found is shown.
${doneExitCodes}`,
    )
    .action(async (machine: string | undefined, options: Options) => {
      const lab = await openLab(options.name);
      if (lab.record.server !== undefined) return showDrift(lab, machine, options);
      const passes = await reconcile(lab, machine);
      if (options.json) return printJson(passes);
      for (const { machine: name, said } of passes) print(`${name}:\n${said}`);
    });

async function showDrift(lab: Lab, machine: string | undefined, options: Options): Promise<void> {
  if (machine !== undefined) requireManaged(lab, machine);
  const found = await driftAtServer(lab, machine);
  if (options.json) return printJson(found);
  print(`The agents of this lab do that by themselves. What differed, and was put back:\n`);
  print(driftText(found));
}

interface StationFlags {
  readonly lab: string;
  readonly socket: string;
  readonly inside?: true;
}

/** What the lab starts for each machine; not for people. */
const stationCommand = (): Command =>
  new Command('station')
    .argument('<name>')
    .requiredOption('--lab <folder>')
    .requiredOption('--socket <path>')
    .option('--inside')
    .action((name: string, { lab: labDir, ...flags }: StationFlags) =>
      serveStation({ name, labDir, ...flags }),
    );
