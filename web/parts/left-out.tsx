import type { LeftOut } from '../data/left-out.ts';
import { plural, states } from '../data/words.ts';

interface LeftOutProps {
  readonly leftOut: LeftOut;
  /** What is done with them here: they are `not listed`, say. */
  readonly are: string;
}

/** How many tunnels are not among those that are shown, and where they are to be seen; nothing where all are. */
export function LeftOutNote({ leftOut, are }: LeftOutProps) {
  if (!leftOut) return null;
  const own = states.filter((state) => leftOut[state] !== undefined);
  const count = own.reduce((sum, state) => sum + (leftOut[state] ?? 0), 0);
  const how = own.map((state) => `${leftOut[state]} ${state}`).join(', ');
  return (
    <p className="dim only">
      {plural(count, 'tunnel is', 'tunnels are')} {are}, as there are too many ({how}): each is on
      the pages of the machines at its ends.
    </p>
  );
}
