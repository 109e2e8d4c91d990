import { Command } from 'commander';
import { formatDiagnostic } from '#base';
import { formatPlan, hasChanges, type Plan, plan } from '#compile';
import { describeChange } from '#state';
import { cliErrors } from '../errors.ts';
import { exitCodes, exitWith, plainDiagnostic } from '../exit.ts';
import { findingsOf, isError, linkBoth, openNetwork } from '../load.ts';
import { print, printJson } from '../output.ts';
import { planAtServer, planWaiting } from '../remote/plan.ts';
import type { NetworkOptions } from '../remote/session.ts';

interface Options extends NetworkOptions {
  readonly against?: string;
}

export const planCommand = (): Command =>
  new Command('plan')
    .description('what a changed file would do: per machine, to access, to flows, to exports')
    .argument(
      '[file]',
      'the network as it should become; unless said, as the revision that waits has it',
    )
    .option('--against <file>', 'the network as it is; the one at the server unless said')
    .option('--context <name>', 'at which server, where one is logged in at several')
    .option('--network <name>', 'without a file: which network, where the server has several')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nExit code 0: no changes. 3: changes. 1: a file has errors. 2: not one network.\nWarnings are those of `hawser check`.',
    )
    .action((file: string | undefined, options: Options, command: Command) => {
      const { against } = options;
      if (file !== undefined && against !== undefined) return planAgainst(against, file, options);
      if (file !== undefined) return planAtServer(file, options);
      if (against === undefined) return planWaiting(options);
      const problem = '--against needs a file that it is compared with';
      throw cliErrors.error('cli/usage', {
        problem,
        usage: `hawser plan ${command.usage()}`,
        path: 'hawser plan',
      });
    });

function planAgainst(old: string, file: string, { json }: Options): void {
  const opened = openNetwork(file);
  const [before, after] = linkBoth(openNetwork(old), opened);
  const found = plan(before, after);
  const findings = findingsOf(opened, after);
  const errors = findings.filter(isError);
  if (json) {
    const warnings = findings.filter((one) => !isError(one)).map(plainDiagnostic);
    const wrong = errors.length > 0 && { errors: errors.map(plainDiagnostic) };
    printJson({ ...planJson(found), warnings, ...wrong });
  } else {
    print(formatPlan(found, before, after));
    for (const finding of findings) print(formatDiagnostic(finding));
  }
  const { changes, no, yes } = exitCodes;
  exitWith(errors.length > 0 ? no : hasChanges(found) ? changes : yes);
}

export const planJson = (found: Plan) => ({
  ...found,
  machines: found.machines.map((entry) => ({
    ...entry,
    changes: entry.changes.map((change) => ({ ...change, text: describeChange(change) })),
  })),
});
