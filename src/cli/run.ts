import { reportFailure } from './exit.ts';
import { buildProgram } from './program.ts';

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

/** Runs one command line. Every error ends here: told, with its exit code. */
export async function runCli(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', endWhenNobodyReads);
  try {
    await buildProgram().parseAsync(argv);
  } catch (error) {
    reportFailure(error, wantsJson(argv));
  }
}
