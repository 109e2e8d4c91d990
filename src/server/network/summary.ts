import type { Plan } from '#compile';
import { describeChanges } from '#state';

/** So many machines are told one by one. */
const told = 50;

/** One line per machine that changes. */
export function summaryOf({ machines }: Plan): readonly string[] {
  const lines = machines.slice(0, told).map(({ machine, what, changes }) => {
    if (what !== 'changes') return `${machine} ${what}`;
    return `${machine}: ${describeChanges(changes).join('; ')}`;
  });
  const rest = machines.length - lines.length;
  return rest > 0 ? [...lines, `and ${rest} more machines`] : lines;
}
