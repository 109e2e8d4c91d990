import { Command } from 'commander';
import { formatPlan, type Plan, plan } from '#compile';
import { describeChange } from '#state';
import { exitCodes, exitWith } from '../exit.ts';
import { linkAssumed, openNetwork } from '../load.ts';
import { print, printJson } from '../output.ts';

export const planCommand = (): Command =>
  new Command('plan')
    .description('what a changed file would do: per machine, to access, to flows, to exports')
    .argument('<file>', 'the network as it should become')
    .requiredOption('--against <file>', 'the network as it is')
    .option('--json', 'for programs')
    .addHelpText('after', '\nExit code 0: no changes. 3: changes. 1: a file has errors.')
    .action((file: string, options: { readonly against: string; readonly json?: boolean }) => {
      const [before, after] = [options.against, file].map((name) => linkAssumed(openNetwork(name)));
      if (!before || !after) return;
      const found = plan(before, after);
      if (options.json) printJson(planJson(found));
      else print(formatPlan(found));
      exitWith(found.machines.length > 0 ? exitCodes.changes : exitCodes.yes);
    });

const planJson = (found: Plan): unknown => ({
  ...found,
  machines: found.machines.map((entry) => ({
    ...entry,
    changes: entry.changes.map((change) => ({ ...change, text: describeChange(change) })),
  })),
});
