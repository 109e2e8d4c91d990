import { Argument, Command } from 'commander';
import { print, printJson } from '../output.ts';
import { type NameKind, nameKindOf } from './complete.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

export const completionCommand = (): Command => {
  const command = new Command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText('after', '\nbash: hawser completion bash > /etc/bash_completion.d/hawser');
  return command
    .option('--json', 'for programs')
    .action((shell: Shell, { json }: { readonly json?: boolean }) => {
      const script = scripts[shell](wordsOf(root(command)));
      if (json) printJson({ shell, script });
      else print(script);
    });
};

function root(command: Command): Command {
  return command.parent ? root(command.parent) : command;
}

interface Words {
  /** The commands that lead here, such as `lab up`; empty at the top. */
  readonly path: string;
  readonly words: readonly string[];
  /** Names of what may follow, too. */
  readonly names: NameKind | undefined;
  /** What may follow an option, by its flags, such as `-f` and `--format`. */
  readonly values: readonly Values[];
}

interface Values {
  readonly flags: readonly string[];
  readonly choices: readonly string[];
  readonly names?: NameKind;
}

/** What may follow each chain of commands: its subcommands and options. */
function wordsOf(command: Command, path: readonly string[] = []): readonly Words[] {
  const visible = command.createHelp().visibleCommands(command);
  const names = visible.map((sub) => sub.name());
  const visibleOptions = command.createHelp().visibleOptions(command);
  const options = visibleOptions.flatMap((option) => option.long ?? []);
  const here = path.join(' ');
  const values = visibleOptions.flatMap(({ short, long, argChoices }): readonly Values[] => {
    const names = nameKindOf(long ?? '', here);
    const flags = [short, long].filter((flag) => flag !== undefined);
    if (argChoices) return [{ flags, choices: argChoices }];
    return names ? [{ flags, choices: [], names }] : [];
  });
  const places = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const kinds = command.registeredArguments.flatMap((one) => nameKindOf(one.name(), here) ?? []);
  const below = visible
    .filter((sub) => sub.name() !== 'help')
    .flatMap((sub) => wordsOf(sub, [...path, sub.name()]));
  const words = [...names, ...places, ...options];
  return [{ path: here, words, names: kinds[0], values }, ...below];
}

/** Asked for when they are wanted: who is there changes. */
const asked = (kind: NameKind): string =>
  `$("\${COMP_WORDS[0]}" complete ${kind} --line "$COMP_LINE" 2>/dev/null)`;

const bash = (all: readonly Words[]): string => `# bash completion for hawser
_hawser() {
  local cur=\${COMP_WORDS[COMP_CWORD]} path='' i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    [[ $word == -* ]] && continue
    case "$path $word" in
${all
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ' ${path}') path=' ${path}' ;;`)
  .join('\n')}
    esac
  done
  case "$path \${COMP_WORDS[COMP_CWORD - 1]}" in
${all
  .flatMap(({ path, values }) => values.map((one) => ({ path, ...one })))
  .map(({ path, flags, choices, names }) => {
    const when = flags.map((flag) => `' ${path} ${flag}'`).join(' | ');
    return `    ${when}) COMPREPLY=($(compgen -W "${names ? asked(names) : choices.join(' ')}" -- "$cur")); return ;;`;
  })
  .join('\n')}
  esac
  case "$path" in
${all.map(({ path, words }) => `    '${path && ` ${path}`}') words='${words.join(' ')}' ;;`).join('\n')}
  esac
  [[ $cur == -* ]] || case "$path" in
${all
  .flatMap(({ path, names }) => (names ? [`    ' ${path}') words+=" ${asked(names)}" ;;`] : []))
  .join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [[ $cur == -* ]] || COMPREPLY+=($(compgen -f -- "$cur"))
}
complete -o filenames -F _hawser hawser ./hawser
`;

const zsh = (all: readonly Words[]): string => `#compdef hawser
autoload -Uz bashcompinit && bashcompinit
${bash(all)}`;

const fishAsks = (kind: NameKind): string =>
  `(hawser complete ${kind} --line (commandline -cp) 2>/dev/null)`;

const fish = (all: readonly Words[]): string =>
  `# fish completion for hawser\n${all
    .flatMap(({ path, words, names, values }) => {
      const seen = path
        .split(' ')
        .filter((word) => word !== '')
        .map((word) => `__fish_seen_subcommand_from ${word}`);
      const when = seen.length > 0 ? seen.join('; and ') : '__fish_use_subcommand';
      const own = words.map((word) => {
        const value = values.find(({ flags }) => flags.includes(word));
        const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
        const after = value?.names ? fishAsks(value.names) : value?.choices.join(' ');
        return `complete -c hawser -n '${when}' ${what}${after === undefined ? '' : ` -xa '${after}'`}`;
      });
      return names ? [...own, `complete -c hawser -n '${when}' -a '${fishAsks(names)}'`] : own;
    })
    .join('\n')}\n`;

const scripts: Readonly<Record<Shell, (all: readonly Words[]) => string>> = { bash, zsh, fish };
