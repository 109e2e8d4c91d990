import { reportFailure } from './exit.ts';
import { buildProgram } from './program.ts';

/** Runs one command line. Every error ends here: told, with its exit code. */
export async function runCli(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync(argv);
  } catch (error) {
    reportFailure(error, argv.includes('--json'));
  }
}
