import { affected, machineChanges } from '#compile';
import { describeChanges } from '#state';
import type { Compiled } from './compiled.ts';

/** So many machines are told one by one. */
const told = 50;

/** One line per machine that changes; of many, how many more there may be. */
export function summaryOf({ model: before }: Compiled, { model: after }: Compiled): string[] {
  const lines: string[] = [];
  for (const { machine, what, changes } of machineChanges({ before, after })) {
    if (lines.length === told) return [...lines, `and ${others(affected(before, after))}`];
    const isStale = after.nodesByName.get(machine)?.machine.managed === false;
    const words = isStale
      ? ['export its file again', ...describeChanges(changes)]
      : describeChanges(changes);
    lines.push(`${machine}${what === 'changes' ? `: ${words.join('; ')}` : ` ${what}`}`);
  }
  return lines;
}

const others = ({ length }: readonly string[]): string =>
  length === told + 1 ? 'one more machine' : `up to ${length - told} more machines`;
