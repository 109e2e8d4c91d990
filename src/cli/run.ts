import type { Command } from 'commander';
import { reportFailure } from './exit.ts';

/** Whoever reads our output may stop reading, as head(1) does: then there is nobody to tell. */
function endWhenNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  throw error;
}

/** What stands after -- is somebody else's. */
const wantsJson = (argv: readonly string[]): boolean => {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json');
};

/** What stays for months keeps no command in memory that it never runs. */
async function programFor(isStayingAgent: boolean): Promise<Command> {
  if (isStayingAgent) return (await import('./agent-program.ts')).buildAgentProgram();
  return (await import('./program.ts')).buildProgram();
}

/** Runs one command line, an agent's that stays or any other. Every error ends here: told, with its exit code. */
export async function runCli(argv: readonly string[], isStayingAgent: boolean): Promise<void> {
  process.stdout.on('error', endWhenNobodyReads);
  try {
    await (await programFor(isStayingAgent)).parseAsync(argv);
  } catch (error) {
    reportFailure(error, wantsJson(argv));
  }
}
