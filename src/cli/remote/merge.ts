import type { FileSet } from '#api';
import { byText } from '#base';
import { cliErrors } from '../errors.ts';
import { editsOf, linesOf } from './text-diff.ts';

/** Lines `from`..`to` of the old text become `lines`. */
interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

function hunksOf(old: readonly string[], text: readonly string[]): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let at = 0;
  let open: { from: number; lines: string[] } | undefined;
  const close = (): void => {
    if (open) hunks.push({ ...open, to: at });
    open = undefined;
  };
  for (const { edit, text: line } of editsOf(old, text)) {
    if (edit === ' ') close();
    else open ??= { from: at, lines: [] };
    if (edit === '+') open?.lines.push(line);
    if (edit !== '+') at++;
  }
  close();
  return hunks;
}

const isInsertion = ({ from, to }: Hunk): boolean => from === to;
const sameHunk = (a: Hunk, b: Hunk): boolean =>
  a.from === b.from && a.to === b.to && a.lines.join('\n') === b.lines.join('\n');

/** Two changes that concern one another: neither may be made without regard to the other. */
const meet = (a: Hunk, b: Hunk): boolean => a.from <= b.to && b.from <= a.to;

/**
 * What both changed since `old`: each change of either, once where both made it. Where both put lines at
 * one place, theirs come first: entries of a mapping or a list have no order between them.
 * @returns undefined where both changed the same lines, each in another way
 */
export function mergeTexts(old: string, theirs: string, mine: string): string | undefined {
  const lines = linesOf(old);
  const ours = hunksOf(lines, linesOf(mine));
  const others = hunksOf(lines, linesOf(theirs)).filter(
    (one) => !ours.some((b) => sameHunk(one, b)),
  );
  const clash = others.some((a) =>
    ours.some((b) => meet(a, b) && !(isInsertion(a) && isInsertion(b))),
  );
  if (clash) return undefined;
  const all = [...others, ...ours].sort((a, b) => a.from - b.from);
  let at = 0;
  const made = all.flatMap(({ from, to, lines: added }) => {
    const kept = lines.slice(at, from);
    at = to;
    return [...kept, ...added];
  });
  return `${[...made, ...lines.slice(at)].join('\n')}\n`;
}

/**
 * The files of a network with what both sides changed since `old`.
 * @throws cli/merge-conflict
 */
export function mergeFileSets(old: FileSet, theirs: FileSet, mine: FileSet): FileSet {
  const under = ({ entry, files }: FileSet): ReadonlyMap<string, string> =>
    new Map(
      Object.entries(files).map(([path, text]) => [path === entry ? mine.entry : path, text]),
    );
  const [a, b, c] = [under(old), under(theirs), under(mine)];
  const paths = [...new Set([...b.keys(), ...c.keys()])].sort(byText);
  const merged = paths.flatMap((path) => {
    const text = mergeOne(a.get(path), b.get(path), c.get(path));
    if (text === false) throw cliErrors.error('cli/merge-conflict', { file: path });
    return text === undefined ? [] : [[path, text] as const];
  });
  return { entry: mine.entry, files: Object.fromEntries(merged) };
}

/** A file that may not be there on any side; false where the sides contradict each other. */
function mergeOne(
  old: string | undefined,
  theirs: string | undefined,
  mine: string | undefined,
): string | undefined | false {
  if (theirs === mine || old === theirs) return mine;
  if (old === mine) return theirs;
  if (theirs === undefined || mine === undefined) return false;
  return mergeTexts(old ?? '', theirs, mine) ?? false;
}
