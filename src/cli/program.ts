import { Command } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { agentCommand } from './commands/agent.ts';
import { alertsCommand } from './commands/alerts.ts';
import { applyCommand } from './commands/apply.ts';
import { auditCommand } from './commands/audit.ts';
import { backupCommand, restoreCommand } from './commands/backup.ts';
import { benchmarkCommand } from './commands/benchmark.ts';
import { checkCommand } from './commands/check.ts';
import { completeCommand } from './commands/complete.ts';
import { completionCommand } from './commands/completion.ts';
import { deployCommand } from './commands/deploy.ts';
import { doctorCommand } from './commands/doctor.ts';
import { driftCommand } from './commands/drift.ts';
import { eventsCommand } from './commands/events.ts';
import { expireCommand } from './commands/expire.ts';
import { exportCommand } from './commands/export.ts';
import { freezeCommand, thawCommand } from './commands/freeze.ts';
import { diffCommand, historyCommand, rollbackCommand, showCommand } from './commands/history.ts';
import { importCommand } from './commands/import.ts';
import { inviteCommand, invitesCommand } from './commands/invite.ts';
import { joinCommand } from './commands/join.ts';
import { labCommand } from './commands/lab.ts';
import { leaveCommand } from './commands/leave.ts';
import { contextCommand, loginCommand, logoutCommand } from './commands/login.ts';
import {
  approveCommand,
  rejectCommand,
  removeCommand,
  replaceCommand,
  resumeCommand,
  retryCommand,
  revokeCommand,
  suspendCommand,
} from './commands/machines.ts';
import { monitorsCommand } from './commands/monitors.ts';
import { networkCommand } from './commands/network.ts';
import { oidcCommand } from './commands/oidc.ts';
import { planCommand } from './commands/plan.ts';
import { pullCommand } from './commands/pull.ts';
import { rotateCommand } from './commands/rotate.ts';
import { serverCommand } from './commands/server.ts';
import { silenceCommand } from './commands/silence.ts';
import { statusCommand } from './commands/status.ts';
import { supportCommand } from './commands/support.ts';
import { tokenCommand } from './commands/token.ts';
import { traceCommand } from './commands/trace.ts';
import { tunnelsCommand } from './commands/tunnels.ts';
import { upgradeCommand } from './commands/upgrade.ts';
import { verifyCommand } from './commands/verify.ts';
import { whyCommand } from './commands/why.ts';
import { helpCommand, strictUsage } from './usage.ts';

/** Commands by what one wants to do, as the help shows them. */
const groups = (): readonly (readonly [string, readonly Command[]])[] => [
  ['One file:', [checkCommand(), traceCommand(), planCommand(), exportCommand(), importCommand()]],
  ['A lab on this machine:', [labCommand()]],
  [
    'A server and its network:',
    [
      serverCommand(),
      statusCommand(),
      tunnelsCommand(),
      monitorsCommand(),
      verifyCommand(),
      whyCommand(),
      benchmarkCommand(),
      applyCommand(),
      deployCommand(),
      pullCommand(),
      historyCommand(),
      showCommand(),
      diffCommand(),
      rollbackCommand(),
      driftCommand(),
      eventsCommand(),
      alertsCommand(),
      silenceCommand(),
      freezeCommand(),
      thawCommand(),
    ],
  ],
  [
    "A server's machines and people:",
    [
      inviteCommand(),
      invitesCommand(),
      tokenCommand(),
      oidcCommand(),
      approveCommand(),
      rejectCommand(),
      suspendCommand(),
      resumeCommand(),
      expireCommand(),
      revokeCommand(),
      retryCommand(),
      replaceCommand(),
      removeCommand(),
      upgradeCommand(),
      rotateCommand(),
      networkCommand(),
      auditCommand(),
      backupCommand(),
      restoreCommand(),
      loginCommand(),
      logoutCommand(),
      contextCommand(),
    ],
  ],
  [
    'This machine:',
    [joinCommand(), leaveCommand(), agentCommand(), doctorCommand(), supportCommand()],
  ],
  ['Other:', [completionCommand()]],
];

/** For who sees it for the first time, and for scripts. */
const beginning = `
Begin:
  hawser server       on a machine that all others reach: starts a network, and prints the line to join it
  hawser join TOKEN   that line, on each of the others
  hawser status       who is there; \`hawser pull FILE\` fetches the file of the network, \`hawser apply FILE\` changes it
To try a whole network on this machine alone: hawser lab up FILE, with one of examples/. More of a command: --help.

Exit code 0: done, or yes. 1: the answer is no. 2: could not be done. 3: a plan that changes something.`;

/** The whole command line; each command has a file of its own. */
export function buildProgram(): Command {
  const program = new Command('hawser')
    .description(packageFile.description)
    .version(packageFile.version)
    .addHelpText('after', beginning)
    .enablePositionalOptions();
  for (const [heading, commands] of groups()) {
    for (const command of commands) program.addCommand(command.helpGroup(heading));
  }
  program.addCommand(completeCommand(), { hidden: true });
  program.helpCommand(false).addCommand(helpCommand().helpGroup('Other:'));
  strictUsage(program);
  return program;
}
