import { Command, type CommanderError } from 'commander';
import { didYouMean } from '#base';
import { cliErrors } from './errors.ts';
import { exitCodes } from './exit.ts';

/**
 * Makes a command line that makes no sense an error like any other: one sentence, the usage in one
 * line, exit code 2, and JSON where that is asked for. Of this command and all below.
 */
export function strictUsage(command: Command): void {
  const path = pathOf(command);
  if (command.commands.length > 0 && !command.commands.some((sub) => sub.name() === 'help')) {
    command.helpCommand(false).addCommand(helpCommand());
  }
  command
    // What stands behind a subcommand is the subcommand's.
    .enablePositionalOptions()
    .showHelpAfterError(false)
    .configureOutput({ outputError: () => undefined })
    .exitOverride((error) => leave(error, `${path} ${command.usage()}`, path));
  for (const sub of command.commands) strictUsage(sub);
}

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

/** Commander has printed what was asked for, or says what is wrong. */
function leave(error: CommanderError, usage: string, path: string): never {
  if (error.exitCode === 0) process.exit(exitCodes.yes);
  if (error.code === 'commander.help') process.exit(exitCodes.failed);
  const problem = error.message
    .replace(/^error: /, '')
    .replace(/\s*\(Did you mean (.*?)\?\)$/, '; did you mean $1?');
  throw cliErrors.error('cli/usage', { problem, usage, path });
}

/** `help [command...]`, which knows what is meant and what is not there. */
export const helpCommand = (): Command => {
  const help = new Command('help');
  return help
    .description('how a command is used')
    .argument('[command...]', 'such as: lab cut')
    .action((words: readonly string[]) => {
      const from = help.parent ?? help;
      words.reduce<Command>((command, word) => subNamed(command, word), from).outputHelp();
    });
};

function subNamed(command: Command, word: string): Command {
  const found = command.commands.find((sub) => sub.name() === word);
  if (found) return found;
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((sub) => sub.name());
  const hint = didYouMean(word, names, 'command');
  throw cliErrors.error('cli/unknown-command', { word, hint });
}
