import type { Verdict } from '#compile';
import { drawGrid, fateOfVerdicts } from '#lab';
import { colours } from './output.ts';

export interface MatrixRow {
  readonly from: string;
  readonly to: string;
  /** By span of ports. */
  readonly verdicts: Readonly<Record<string, Verdict | undefined>>;
  /** What passes, in as few words as say it all. */
  readonly passing: readonly string[];
  /** What alone does not pass, where that is little; empty: everything passes. */
  readonly closed?: readonly string[];
}

export interface Matrix {
  readonly names: readonly string[];
  readonly classes: readonly string[];
  readonly rows: readonly MatrixRow[];
}

const wordsOf = ({ passing, closed = [] }: MatrixRow): readonly string[] =>
  closed.length === 0 ? passing : [`all but ${closed.join(', ')}`];

/** Who reaches whom, senders down, receivers across: as predicted, drawn as the lab draws it. */
export function matrixText({ names, rows }: Matrix): string {
  const byPair = new Map(rows.map((row) => [`${row.from} ${row.to}`, row]));
  const cell = (from: string, to: string) => {
    const row = byPair.get(`${from} ${to}`);
    if (!row) return undefined;
    const verdicts = Object.values(row.verdicts).filter((verdict) => verdict !== undefined);
    return { fate: fateOfVerdicts(verdicts), passing: wordsOf(row) };
  };
  return drawGrid({ names: [...names].sort(), cell }, colours);
}
