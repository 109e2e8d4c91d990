import { Command } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };

/** The whole command line; each command has a file of its own. */
export function buildProgram(): Command {
  return new Command('hawser')
    .description(packageFile.description)
    .version(packageFile.version)
    .showHelpAfterError();
}
