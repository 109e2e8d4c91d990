import { Button } from '@mantine/core';
import type { NetworkStatus } from '#api';
import { type Stored, useRevisions } from '../../data/changes.ts';
import type { Draft } from '../../data/draft.ts';
import { FilesDiff } from '../../parts/diff.tsx';
import { Link } from '../../parts/link.tsx';
import { Pill } from '../../parts/states.tsx';
import { pathIn } from '../../route.ts';

interface NoticesProps {
  readonly status: NetworkStatus;
  readonly stored: Stored;
  readonly work: Draft;
  /** Something is typed that is not applied. */
  readonly isTouched: boolean;
  /** Somebody else changed the file meanwhile. */
  readonly isBehind: boolean;
  readonly isKept: boolean;
  /** It was typed before the page was opened. */
  readonly isFound: boolean;
  readonly isChecking: boolean;
  readonly acts: boolean;
  readonly onMerge: () => void;
  readonly onDrop: () => void;
}

const typed = (isKept: boolean, isFound: boolean): string =>
  `${isFound ? 'This was typed here before, and is' : 'What you typed is'} ${isKept ? 'kept in this browser, and not applied.' : 'not applied.'}`;

/** What there is to know before one types on. */
export function Notices(props: NoticesProps) {
  const { status, stored, isTouched, isBehind, isKept, isFound, isChecking, acts } = props;
  const { network, held } = status;
  const drop = (
    <Button size="xs" variant="default" onClick={props.onDrop}>
      Drop what I typed
    </Button>
  );
  return (
    <>
      <div className="tools beside">
        <span className="dim" role="status">
          {isTouched
            ? typed(isKept, isFound)
            : `As it is stored, revision ${stored.revision.number}.`}
          {isTouched && isChecking && ' The server looks at it.'}
          {!acts && ' Somebody who is an operator may change it.'}
        </span>
        {isTouched && !isBehind && drop}
      </div>
      {!isKept && (
        <p>
          <Pill mood="warn">This browser keeps nothing: what you typed ends with the page.</Pill>
        </p>
      )}
      {held && (
        <p>
          <Pill mood="warn">
            <span>
              <Link to={pathIn(network, 'history', String(held.id.number))}>
                Revision {held.id.number}
              </Link>{' '}
              by {held.author} waits for approval: until then nothing else is applied.
            </span>
          </Pill>
        </p>
      )}
      {isTouched && isBehind && <Behind {...props} drop={drop} />}
    </>
  );
}

interface BehindProps extends NoticesProps {
  readonly drop: React.ReactNode;
}

function Behind({ status, stored, work, drop, onMerge }: BehindProps) {
  const { base } = work;
  const { data = [] } = useRevisions(status.network, stored.revision.number, 20);
  const since = data.filter(({ id }) => id.number > base.revision.number);
  return (
    <section className="card" role="alert">
      <h2>The file changed while you typed</h2>
      <p>You began at revision {base.revision.number}. Since then:</p>
      <ul>
        {since.map(({ id, kind, author, why }) => (
          <li key={id.number}>
            {id.number} {kind} by {author}
            {why === '' ? '' : `: ${why}`}
          </li>
        ))}
      </ul>
      <FilesDiff before={base} after={stored} />
      <div className="tools">
        <Button size="xs" onClick={onMerge}>
          Put mine into it
        </Button>
        {drop}
      </div>
    </section>
  );
}
