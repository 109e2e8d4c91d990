import type { WhyChange, WhyResult, WhyState, WhyStep } from '#api';
import { columns } from '#lab';
import { paint } from '../output.ts';
import { fromNow } from '../times.ts';

const paints: Readonly<Record<WhyState, Parameters<typeof paint>[0]>> = {
  passes: 'green',
  poor: 'yellow',
  unknown: 'yellow',
  broken: 'red',
  refused: 'red',
  'no-way': 'red',
};

/** Changes that are shown. */
const shown = 10;

/** The answer first, then the way, then what changed on it. */
export function whyText(found: WhyResult): string {
  const { state, steps, changes } = found;
  const [headline = '', ...reasons] = found.answer;
  return [
    `${paint(paints[state], state)}  ${headline}`,
    ...reasons.map((reason) => `  ${reason}`),
    ...(steps.length > 0 ? ['the way:', columns(steps.map(stepRow))] : []),
    ...(changes.length > 0
      ? ['changes on it, the newest first:', columns(changes.slice(0, shown).map(changeRow))]
      : []),
  ].join('\n');
}

function stepRow({ from, to, tunnel, way }: WhyStep): readonly string[] {
  const by = way === undefined ? '' : `by ${way.device}`;
  if (!tunnel) return [`  ${from}`, to, by, 'without a tunnel of its own'];
  return [`  ${from}`, to, by, `${tunnel.state}: ${tunnel.why}`];
}

const changeRow = ({ at, kind, text }: WhyChange): readonly string[] => [
  `  ${fromNow(at)}`,
  kind,
  text,
];
