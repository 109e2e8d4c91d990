import { useMemo } from 'react';
import type { FileSet } from '#api';
import { type DiffLine, diffLines } from '../data/diff.ts';

/** Lines around what differs that are shown. */
const around = 3;

/** What differs between two states of a file and all it includes. */
export function FilesDiff({
  before,
  after,
}: {
  readonly before: FileSet;
  readonly after: FileSet;
}) {
  const changed = [...new Set([...Object.keys(before.files), ...Object.keys(after.files)])]
    .filter((name) => before.files[name] !== after.files[name])
    .sort();
  if (changed.length === 0) return <p className="dim">The files are the same.</p>;
  return changed.map((name) => (
    <section key={name} className="diffed">
      <h3>{name}</h3>
      <Lines before={before.files[name] ?? ''} after={after.files[name] ?? ''} label={name} />
    </section>
  ));
}

interface LinesProps {
  readonly before: string;
  readonly after: string;
  readonly label: string;
}

const signs = { same: ' ', gone: '−', new: '+' } as const;

function Lines({ before, after, label }: LinesProps) {
  const shown = useMemo(() => near(diffLines(before, after)), [before, after]);
  return (
    // biome-ignore lint/a11y: a region that scrolls is reached by keys
    <pre className="diff" tabIndex={0} role="region" aria-label={`What differs in ${label}`}>
      {shown.map((line, index) =>
        line === undefined ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          <span key={index} className="dim">
            {'⋯\n'}
          </span>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          <span key={index} className={line.kind}>
            {`${signs[line.kind]} ${line.text}\n`}
          </span>
        ),
      )}
    </pre>
  );
}

/** The lines that differ and those near them; undefined: some are left out. */
function near(lines: readonly DiffLine[]): readonly (DiffLine | undefined)[] {
  const wanted = new Set(
    lines.flatMap(({ kind }, index) =>
      kind === 'same'
        ? []
        : Array.from({ length: 2 * around + 1 }, (_, step) => index - around + step),
    ),
  );
  return lines.flatMap((line, index) => {
    if (wanted.has(index)) return [line];
    return index === 0 || wanted.has(index - 1) ? [undefined] : [];
  });
}
