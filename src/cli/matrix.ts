import type { MatrixRow } from '#compile';
import { drawGrid, fateOfVerdicts } from '#lab';
import { colours } from './output.ts';

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
    const passing = Object.entries(row.verdicts).filter(
      ([, v]) => v === 'allow' || v === 'outside',
    );
    return {
      fate: fateOfVerdicts(Object.values(row.verdicts)),
      passing: passing.map(([name]) => name),
    };
  };
  return drawGrid({ names: [...names].sort(), cell }, colours);
}
