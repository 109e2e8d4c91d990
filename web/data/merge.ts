import { diffLines } from './diff.ts';

/** Lines of a text that another one has differently: `from` to `to` of those before, by number from 0. */
interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

function hunksOf(before: string, after: string): Hunk[] {
  const hunks: Hunk[] = [];
  let at = 0;
  let open: { from: number; lines: string[] } | undefined;
  const close = (): void => {
    if (open) hunks.push({ ...open, to: at });
    open = undefined;
  };
  for (const { kind, text } of diffLines(before, after)) {
    if (kind === 'same') close();
    else open ??= { from: at, lines: [] };
    if (kind === 'new') open?.lines.push(text);
    else at++;
  }
  close();
  return hunks;
}

/** The lines `from` to `to` of a text, as its hunks make them. */
function changed(base: readonly string[], hunks: readonly Hunk[], from: number, to: number) {
  const lines: string[] = [];
  let at = from;
  for (const hunk of hunks) {
    lines.push(...base.slice(at, hunk.from), ...hunk.lines);
    at = hunk.to;
  }
  return [...lines, ...base.slice(at, to)];
}

export interface Merged {
  readonly text: string;
  /** Places where both changed the same lines: both are there, between marks that no YAML is. */
  readonly clashes: number;
}

/** What two made of one text, in one; as `git merge-file` does it. Pure. */
export function merge(base: string, mine: string, theirs: string): Merged {
  const lines = base.split('\n');
  const rest = { mine: hunksOf(base, mine), theirs: hunksOf(base, theirs) };
  const text: string[] = [];
  let [at, clashes] = [0, 0];
  for (;;) {
    const heads = [rest.mine[0], rest.theirs[0]].filter((hunk) => hunk !== undefined);
    if (heads.length === 0) break;
    const from = Math.min(...heads.map((hunk) => hunk.from));
    let to = from;
    const near = { mine: [] as Hunk[], theirs: [] as Hunk[] };
    // Those that touch each other are one place.
    for (let isMore = true; isMore; ) {
      isMore = false;
      for (const side of ['mine', 'theirs'] as const) {
        const [head] = rest[side];
        if (!head || head.from > to) continue;
        near[side].push(head);
        rest[side].shift();
        to = Math.max(to, head.to);
        isMore = true;
      }
    }
    const [own, other] = [
      changed(lines, near.mine, from, to),
      changed(lines, near.theirs, from, to),
    ];
    text.push(...lines.slice(at, from));
    if (near.theirs.length === 0 || own.join('\n') === other.join('\n')) text.push(...own);
    else if (near.mine.length === 0) text.push(...other);
    else {
      text.push('<<<<<<< mine', ...own, '=======', ...other, '>>>>>>> theirs');
      clashes++;
    }
    at = to;
  }
  return { text: [...text, ...lines.slice(at)].join('\n'), clashes };
}

type Files = Readonly<Record<string, string>>;

/** The same for a file and all it includes; a file that only one has is taken as it is. */
export function mergeFiles(base: Files, mine: Files, theirs: Files) {
  let clashes = 0;
  const files: Record<string, string> = {};
  for (const name of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const [old = '', own, other] = [base[name], mine[name], theirs[name]];
    if (own === undefined || other === undefined) {
      // Somebody took it out: it stays only where the other changed it.
      const left = own ?? other ?? '';
      if (base[name] === undefined || left !== old) files[name] = left;
      continue;
    }
    const merged = merge(old, own, other);
    files[name] = merged.text;
    clashes += merged.clashes;
  }
  return { files, clashes };
}
