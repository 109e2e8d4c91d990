import { Command } from 'commander';
import { runCommand } from './commands/agent-daemon.ts';
import { superviseCommand } from './commands/agent-life.ts';
import { strictUsage } from './usage.ts';

/** Of the whole command line what runs beside a machine's own work, and what that needs. */
export function buildAgentProgram(): Command {
  const agent = new Command('agent').addCommand(runCommand()).addCommand(superviseCommand());
  const program = new Command('hawser').enablePositionalOptions().addCommand(agent);
  strictUsage(program);
  return program;
}
