import type { MatrixRow, Verdict } from '#compile';
import { paint, table } from './output.ts';

export interface Matrix {
  readonly names: readonly string[];
  readonly classes: readonly string[];
  readonly rows: readonly MatrixRow[];
}

/** A cell: everything passes, nothing does, or which classes do. */
function cell(row: MatrixRow | undefined, classes: readonly string[]): string {
  if (!row) return paint('dim', '.');
  const verdicts = classes.map((name) => row.verdicts[name]);
  const all = (...wanted: Verdict[]): boolean =>
    verdicts.every((verdict) => verdict !== undefined && wanted.includes(verdict));
  if (all('outside')) return paint('dim', 'lan');
  if (all('allow', 'outside')) return paint('green', 'yes');
  if (all('deny')) return paint('red', '-');
  if (all('unreachable')) return paint('red', '?');
  return classes
    .filter((name) => row.verdicts[name] === 'allow')
    .map((name) => paint('yellow', name))
    .join(',');
}

/** Who reaches whom, senders down, receivers across. */
export function matrixText({ names, classes, rows }: Matrix): string {
  const byPair = new Map(rows.map((row) => [`${row.from} ${row.to}`, row]));
  const lines = names.map((from) => [
    from,
    ...names.map((to) => cell(byPair.get(`${from} ${to}`), classes)),
  ]);
  const legend =
    'yes: everything passes; -: refused; lan: same site, not enforced; ?: no way; else what passes';
  return `${table([['from \\ to', ...names], ...lines])}\n${paint('dim', legend)}`;
}
