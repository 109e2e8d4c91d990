import type { Verdict } from '#compile';

/** Which words a terminal shows how; identity where it shows none. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly head: (text: string) => string;
}

/** What became of all classes and families of one pair. */
export type Fate = 'all' | 'none' | 'some' | 'no way' | 'outside' | 'wrong';

/** What verdicts of several classes come to. */
export function fateOfVerdicts(verdicts: readonly Verdict[]): Fate {
  const all = (...wanted: readonly Verdict[]): boolean => verdicts.every((v) => wanted.includes(v));
  if (all('outside')) return 'outside';
  if (all('allow', 'outside')) return 'all';
  if (all('deny')) return 'none';
  if (all('unreachable')) return 'no way';
  return verdicts.some((v) => v === 'allow' || v === 'outside') ? 'some' : 'none';
}

export interface Cell {
  readonly fate: Fate;
  /** The classes that pass. */
  readonly passing: readonly string[];
}

/** From (rows) to (columns); a pair nobody asked about has no cell. */
export interface Grid {
  readonly names: readonly string[];
  /** The one class that was asked about, where it was no other. */
  readonly only?: string;
  readonly cell: (from: string, to: string) => Cell | undefined;
}

const words: Readonly<Record<Fate, string>> = {
  all: 'yes',
  none: '-',
  some: '',
  'no way': '?',
  outside: 'lan',
  wrong: 'WRONG',
};

const signs: Readonly<Record<Fate, string>> = {
  all: 'y',
  none: '-',
  some: '~',
  'no way': '?',
  outside: 'l',
  wrong: '!',
};

const meanings: Readonly<Record<Fate, string>> = {
  all: 'everything passes',
  none: 'refused',
  some: 'some classes pass, others are refused',
  'no way': 'no way',
  outside: 'passes on the site’s own network, where nothing of ours decides',
  wrong: 'NOT AS PREDICTED',
};

/** Up to this many columns have room for names and words; more get numbers and signs. */
const mostNames = 12;

export function drawGrid(grid: Grid, paint: Paint): string {
  const named = grid.names.length <= mostNames;
  const used = new Set<Fate>();
  const show = (from: string, to: string): string => {
    const cell = grid.cell(from, to);
    if (!cell) return paint.dim('.');
    used.add(cell.fate);
    const text = named ? wordOf(cell, grid.only) : signs[cell.fate];
    return colour(cell.fate, paint)(text);
  };
  const number = (index: number): string => `${index + 1}`;
  const head = ['from \\ to', ...grid.names.map((name, i) => (named ? name : number(i)))];
  const rows = grid.names.map((from, i) => [
    named ? from : `${number(i).padStart(3)} ${from}`,
    ...grid.names.map((to) => show(from, to)),
  ]);
  const body = columns([head.map((text) => paint.head(text)), ...rows], named ? 2 : 1);
  return `${body}\n${paint.dim(legend(used, named, grid.only))}`;
}

const wordOf = ({ fate, passing }: Cell, only: string | undefined): string =>
  (fate === 'all' && only) || words[fate] || passing.join(',');

const legend = (used: ReadonlySet<Fate>, named: boolean, only: string | undefined): string =>
  (Object.keys(meanings) as Fate[])
    .filter((fate) => used.has(fate) && !(named && fate === 'some'))
    .map((fate) => {
      const sign = named ? wordOf({ fate, passing: [] }, only) : signs[fate];
      return `${sign}: ${fate === 'all' && only ? 'passes' : meanings[fate]}`;
    })
    .concat(named && used.has('some') ? ['else what passes'] : [])
    .concat(only ? [`nothing but ${only} was asked`] : [])
    .join('; ');

function colour(fate: Fate, paint: Paint): (text: string) => string {
  if (fate === 'wrong') return paint.bad;
  return fate === 'all' || fate === 'some' ? paint.good : paint.dim;
}

/** Columns padded to their widest cell; colour codes do not count. */
export function columns(rows: readonly (readonly string[])[], gap = 2): string {
  const bare = (cell: string): number => cell.replace(/\u001b\[[0-9;]*m/gu, '').length;
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, bare(cell));
  }
  const pad = (cell: string, i: number): string => cell + ' '.repeat((widths[i] ?? 0) - bare(cell));
  return rows.map((row) => row.map(pad).join(' '.repeat(gap)).trimEnd()).join('\n');
}
