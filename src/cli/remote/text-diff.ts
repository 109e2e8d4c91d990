import type { FileSet } from '#api';
import { byText } from '#base';

type Edit = ' ' | '-' | '+';
interface Line {
  readonly edit: Edit;
  readonly text: string;
}

/** Unchanged lines shown around changed ones. */
const around = 3;

/** More edits than this nobody reads one by one, and finding the fewest takes the square of them. */
const mostEdits = 1000;

/**
 * The lines of two texts, with the fewest of them taken away and added (Myers, "An O(ND) difference
 * algorithm", 1986): the furthest reach on each diagonal, for one edit more at a time.
 */
export function editsOf(a: readonly string[], b: readonly string[]): Line[] {
  const traces: Map<number, number>[] = [];
  let reach = new Map([[1, 0]]);
  const most = Math.min(a.length + b.length, mostEdits);
  for (let edits = 0; edits <= most; edits++) {
    traces.push(reach);
    const next = new Map(reach);
    for (let k = -edits; k <= edits; k += 2) {
      let x = furthest(reach, k, edits);
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return wayBack(traces, a, b);
    }
    reach = next;
  }
  return [...a.map(line('-')), ...b.map(line('+'))];
}

const line =
  (edit: Edit) =>
  (text: string): Line => ({ edit, text });

const comesFromAbove = (reach: ReadonlyMap<number, number>, k: number, edits: number): boolean =>
  k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));

const furthest = (reach: ReadonlyMap<number, number>, k: number, edits: number): number =>
  comesFromAbove(reach, k, edits) ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;

function wayBack(
  traces: readonly ReadonlyMap<number, number>[],
  a: readonly string[],
  b: readonly string[],
): Line[] {
  const lines: Line[] = [];
  let [x, y] = [a.length, b.length];
  for (const [edits, reach] of [...traces.entries()].reverse()) {
    const k = x - y;
    const down = comesFromAbove(reach, k, edits);
    const fromX = edits === 0 ? 0 : (reach.get(down ? k + 1 : k - 1) ?? 0);
    const fromY = edits === 0 ? 0 : fromX - (down ? k + 1 : k - 1);
    while (x > fromX && y > fromY && a[x - 1] === b[y - 1]) {
      lines.push({ edit: ' ', text: a[--x] ?? '' });
      y--;
    }
    if (edits === 0) break;
    if (down) lines.push({ edit: '+', text: b[--y] ?? '' });
    else lines.push({ edit: '-', text: a[--x] ?? '' });
  }
  return lines.reverse();
}

interface Hunk {
  readonly header: string;
  readonly lines: readonly Line[];
}

function hunksOf(lines: readonly Line[]): readonly Hunk[] {
  const changed = lines.flatMap(({ edit }, index) => (edit === ' ' ? [] : [index]));
  const spans: [number, number][] = [];
  for (const index of changed) {
    const last = spans.at(-1);
    if (last && index - around <= last[1]) last[1] = index + around + 1;
    else spans.push([Math.max(0, index - around), index + around + 1]);
  }
  return spans.map(([from, to]) => {
    const before = lines.slice(0, from);
    const own = lines.slice(from, to);
    const range = (side: Edit): string => {
      const count = own.filter(({ edit }) => edit !== side).length;
      const first = before.filter(({ edit }) => edit !== side).length + (count > 0 ? 1 : 0);
      return `${first},${count}`;
    };
    return { header: `@@ -${range('+')} +${range('-')} @@`, lines: own };
  });
}

/** The lines of a text; none of an empty one. */
export const linesOf = (text: string): readonly string[] =>
  text === '' ? [] : text.replace(/\n$/, '').split('\n');

/** How one text differs from another, as `diff -u` says it; no line where nothing does. */
export function diffTexts(a: string, b: string): readonly string[] {
  if (a === b) return [];
  const lines = editsOf(linesOf(a), linesOf(b));
  return hunksOf(lines).flatMap((hunk) => [
    hunk.header,
    ...hunk.lines.map(({ edit, text }) => `${edit}${text}`),
  ]);
}

/** The same for all files of a network, each under its name. */
export function diffFileSets(a: FileSet, b: FileSet): readonly string[] {
  // The entry is one file, whatever it is called.
  const named = ({ entry, files }: FileSet, as: string): ReadonlyMap<string, string> =>
    new Map(Object.entries(files).map(([path, text]) => [path === entry ? as : path, text]));
  const [before, after] = [named(a, b.entry), named(b, b.entry)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort(byText);
  return paths.flatMap((path) => {
    const lines = diffTexts(before.get(path) ?? '', after.get(path) ?? '');
    return lines.length > 0 ? [`--- ${path}`, `+++ ${path}`, ...lines] : [];
  });
}
