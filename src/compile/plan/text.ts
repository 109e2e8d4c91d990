import { describeChange, describeChanges } from '#state';
import type { AccessChange } from './access.ts';
import type { MachineChanges, Plan } from './plan.ts';

/** A plan for people: what each machine will do, then what that means for the network. */
export function formatPlan(plan: Plan): string {
  const sections = [
    ...plan.machines.map(machineText),
    section('Newly allowed', plan.access.filter(isGained).map(accessText)),
    section('Newly denied', plan.access.filter((change) => !isGained(change)).map(accessText)),
    section(
      'Interrupts',
      plan.blinks.map(
        ({ machine, change }) => `${machine}: ${describeChange(change)} (${change.impact})`,
      ),
    ),
    section(
      'Exports that go stale',
      plan.staleExports.map((machine) => `${machine}: export its configuration again`),
    ),
  ].filter((text) => text !== '');
  return sections.length > 0 ? `${sections.join('\n\n')}\n` : 'No changes.\n';
}

const isGained = (change: AccessChange): boolean =>
  change.after === 'allow' || change.after === 'outside';

const accessText = ({ from, to, port }: AccessChange): string => `${from} -> ${to} ${port}`;

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`;

function machineText({ machine, what, changes }: MachineChanges): string {
  if (what === 'leaves') return `${machine} leaves the network: everything of it is removed there`;
  const title = what === 'joins' ? `${machine} joins the network` : machine;
  return section(title, describeChanges(changes));
}
