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
}

export interface Matrix {
  readonly names: readonly string[];
  readonly classes: readonly string[];
  readonly rows: readonly MatrixRow[];
}

/** Who reaches whom, senders down, receivers across: as predicted, drawn as the lab draws it. */
export function matrixText({ names, rows }: Matrix): string {
  const byPair = new Map(rows.map((row) => [`${row.from} ${row.to}`, row]));
  const cell = (from: string, to: string) => {
    const row = byPair.get(`${from} ${to}`);
    if (!row) return undefined;
    const verdicts = Object.values(row.verdicts).filter((verdict) => verdict !== undefined);
    return { fate: fateOfVerdicts(verdicts), passing: row.passing };
  };
  return drawGrid({ names: [...names].sort(), cell }, colours);
}
