import { Command } from 'commander';
import {
  agentKey,
  applyState,
  cleanup,
  cloudHere,
  describeReport,
  observeUnderlay,
  type Report,
} from '#agent';
import { exitCodes, exitWith } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { adoptCommand, releaseCommand } from './agent-adoption.ts';
import {
  pauseCommand,
  resumeCommand,
  rollbackCommand,
  runCommand,
  showCommand,
  stateFolder,
  statusCommand,
} from './agent-daemon.ts';
import { restartCommand, startCommand, stopCommand, superviseCommand } from './agent-life.ts';
import { serverCommand } from './agent-server.ts';

interface Common {
  readonly json?: boolean;
  readonly stateDir?: string;
}

interface ApplyFlags extends Common {
  readonly state: string;
}

interface CleanupFlags extends Common {
  readonly network?: string;
}

interface KeyFlags extends Common {
  readonly network: string;
  readonly lane: string;
}

const applyCommand = (): Command =>
  new Command('apply')
    .description('bring this machine to a host state, and print what changed')
    .requiredOption('--state <file>', 'the host state, as JSON')
    .option(...stateFolder)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nExit code 0: as it should be. 1: something failed. 2: could not be tried.',
    )
    .action(async (flags: ApplyFlags) => {
      const { stateDir } = flags;
      const report = await applyState({ stateFile: flags.state, ...(stateDir && { stateDir }) });
      tell([report], flags);
    });

const cleanupCommand = (): Command =>
  new Command('cleanup')
    .description('remove all that Hawser made on this machine; keys stay')
    .option('--network <name>', 'only what belongs to this network')
    .option(...stateFolder)
    .option('--json', 'for programs')
    .action(async (flags: CleanupFlags) => {
      const { stateDir } = flags;
      tell(await cleanup(flags.network, { ...(stateDir && { stateDir }) }), flags);
    });

const keyCommand = (): Command =>
  new Command('key')
    .description("print this machine's public key; the private key is made at the first call")
    .requiredOption('--network <name>', 'the network the key is for')
    .option('--lane <number>', 'which of parallel tunnels', '0')
    .option(...stateFolder)
    .option('--json', 'for programs')
    .action((flags: KeyFlags) => {
      const publicKey = agentKey(flags.network, Number(flags.lane), flags.stateDir);
      if (flags.json) printJson({ network: flags.network, lane: Number(flags.lane), publicKey });
      else print(publicKey);
    });

const observeCommand = (): Command =>
  new Command('observe')
    .description("see how large packets may be on this machine's own network towards its peers")
    .requiredOption('--network <name>', 'the network whose peers are meant')
    .option(...stateFolder)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      "\nThe number belongs into hawser.facts.json (observations, mtu), or as 'mtu:' into the file; a cloud that this is\nan instance of into hawser.facts.json (observations, clouds: { NAME: openstack }).",
    )
    .action(async (flags: KeyFlags) => {
      const seen = await observeUnderlay(flags.network, {
        ...(flags.stateDir !== undefined && { stateDir: flags.stateDir }),
      });
      const cloud = cloudHere();
      if (flags.json) return printJson({ ...seen, ...(cloud !== undefined && { cloud }) });
      const mtu = seen.mtu === undefined ? 'no peer has an endpoint to look at' : `mtu ${seen.mtu}`;
      print(`${seen.machine}: ${mtu}${cloud === undefined ? '' : `; cloud ${cloud}`}`);
    });

export const agentCommand = (): Command =>
  new Command('agent')
    .description('keep this machine as its networks say')
    .addCommand(startCommand())
    .addCommand(stopCommand())
    .addCommand(restartCommand())
    .addCommand(runCommand())
    .addCommand(superviseCommand())
    .addCommand(statusCommand())
    .addCommand(showCommand())
    .addCommand(serverCommand())
    .addCommand(pauseCommand())
    .addCommand(resumeCommand())
    .addCommand(rollbackCommand())
    .addCommand(adoptCommand())
    .addCommand(releaseCommand())
    .addCommand(applyCommand())
    .addCommand(cleanupCommand())
    .addCommand(keyCommand())
    .addCommand(observeCommand());

function tell(reports: readonly Report[], { json = false }: Common): void {
  if (json) printJson(reports.length === 1 ? reports[0] : reports);
  else for (const report of reports) print(textOf(report, reports.length > 1));
  if (!json && reports.length === 0) print('unchanged');
  const failed = reports.some(({ failures }) => failures.length > 0);
  exitWith(failed ? exitCodes.no : exitCodes.yes);
}

const textOf = (report: Report, named: boolean): string =>
  [...(named ? [`${report.network}:`] : []), ...describeReport(report)].join('\n');
