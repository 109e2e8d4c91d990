import { Command, type CommanderError } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { agentCommand } from './commands/agent.ts';
import { checkCommand } from './commands/check.ts';
import { completionCommand } from './commands/completion.ts';
import { exportCommand } from './commands/export.ts';
import { labCommand } from './commands/lab.ts';
import { planCommand } from './commands/plan.ts';
import { traceCommand } from './commands/trace.ts';
import { exitCodes } from './exit.ts';

/** The whole command line; each command has a file of its own. */
export function buildProgram(): Command {
  const program = new Command('hawser')
    .description(packageFile.description)
    .version(packageFile.version)
    .enablePositionalOptions()
    .addCommand(labCommand())
    .addCommand(checkCommand())
    .addCommand(traceCommand())
    .addCommand(planCommand())
    .addCommand(exportCommand())
    .addCommand(agentCommand())
    .addCommand(completionCommand());
  forAll(program, (command) => command.showHelpAfterError().exitOverride(leave));
  return program;
}

function forAll(command: Command, act: (command: Command) => void): void {
  act(command);
  for (const sub of command.commands) forAll(sub, act);
}

/** A command line that makes no sense is something that could not be done. */
function leave(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? exitCodes.yes : exitCodes.failed);
}
