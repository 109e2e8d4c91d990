import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { FileSet, NetworkStatus, Revision, SessionInfo } from '#api';
import { judge, rollBack, usePlan, useRevision, useRevisions } from '../data/changes.ts';
import { useKept } from '../data/kept.ts';
import { keys } from '../data/queries.ts';
import { ago, type Mood, timeOf } from '../data/words.ts';
import { FilesDiff } from '../parts/diff.tsx';
import { Link } from '../parts/link.tsx';
import { PlanText } from '../parts/plan.tsx';
import { Failure, Loading, Pill } from '../parts/states.tsx';
import { Why } from '../parts/why.tsx';
import { goTo, pathIn } from '../route.ts';

interface HistoryPageProps {
  readonly status: NetworkStatus;
  readonly session: SessionInfo;
  /** The one revision to show. */
  readonly only: string | undefined;
}

const moods: Readonly<Record<Revision['state'], Mood>> = {
  applied: 'good',
  held: 'warn',
  rejected: 'idle',
  overtaken: 'idle',
};

const page = 50;

/** What was changed, by whom and why; what a revision changed, and the way back to it. */
export default function HistoryPage({ status, session, only }: HistoryPageProps) {
  if (only === undefined) return <All status={status} />;
  return <One key={only} status={status} session={session} number={Number(only)} />;
}

function All({ status: { network, revision, held } }: { readonly status: NetworkStatus }) {
  const [limit, setLimit] = useState(page);
  const newest = held?.id.number ?? revision.number;
  const { data, error, refetch } = useRevisions(network, newest, limit);
  if (!data) {
    if (error) return <Failure page="History" error={error} again={() => void refetch()} />;
    return <Loading page="History" what="what happened" />;
  }
  return (
    <>
      <h1>History</h1>
      <ul className="items card">
        {data.map((one) => (
          <li key={one.id.number}>
            <div className="headline">
              <span>
                <Link to={pathIn(network, 'history', String(one.id.number))}>
                  Revision {one.id.number}
                </Link>{' '}
                {one.kind} by {one.author}
              </span>
              <Pill mood={moods[one.state]}>{one.state}</Pill>
              <span className="dim" title={timeOf(one.at)}>
                {ago(one.at)}
              </span>
            </div>
            {one.why !== '' && <div>{one.why}</div>}
            {one.summary.length > 0 && <div className="dim brief">{one.summary.join('; ')}</div>}
          </li>
        ))}
      </ul>
      {data.length === limit && (
        <Button size="xs" variant="default" onClick={() => setLimit(limit + page)}>
          Older ones
        </Button>
      )}
    </>
  );
}

interface OneProps {
  readonly status: NetworkStatus;
  readonly session: SessionInfo;
  readonly number: number;
}

function One({ status, session, number }: OneProps) {
  const { network, revision } = status;
  const one = useRevision(network, number);
  const before = useRevision(network, number - 1);
  if (!one.data) {
    if (one.error)
      return (
        <Failure page={`Revision ${number}`} error={one.error} again={() => void one.refetch()} />
      );
    return <Loading page={`Revision ${number}`} what={`revision ${number}`} />;
  }
  const { kind, author, at, why, state, approver, entry, summary } = one.data;
  const holds = summary.filter((line) => line.startsWith('held: '));
  const acts = session.role !== 'viewer';
  return (
    <>
      <h1>Revision {number}</h1>
      <p className="lead">
        <Pill mood={moods[state]}>{state}</Pill> {kind} by {author}, {ago(at)}
        {approver !== undefined && `, let go by ${approver}`}
        {why !== '' && `: ${why}`}
      </p>
      {state === 'held' && holds.map((line) => <p key={line}>{line}.</p>)}
      {acts && state === 'held' && <Judge network={network} number={number} />}
      <section className="card">
        <h2>What it changed</h2>
        {number > 1 && !before.data ? (
          <p className="dim">Asking for the revision before.</p>
        ) : (
          <FilesDiff before={before.data ?? { entry, files: {} }} after={one.data} />
        )}
      </section>
      {acts && number !== revision.number && state !== 'held' && (
        <Back network={network} number={number} files={one.data} now={revision.number} />
      )}
    </>
  );
}

function Judge({ network, number }: { readonly network: string; readonly number: number }) {
  const [error, setError] = useState<Error>();
  const go = (how: 'approve' | 'reject') => () =>
    void judge(network, number, how)
      .then(() => goTo(pathIn(network, 'history')))
      .catch(setError);
  return (
    <div className="tools">
      <Button size="xs" onClick={go('approve')}>
        Let it go
      </Button>
      <Button size="xs" variant="default" onClick={go('reject')}>
        Reject it
      </Button>
      {error && <Pill mood="bad">{error.message}</Pill>}
    </div>
  );
}

interface BackProps {
  readonly network: string;
  readonly number: number;
  readonly files: FileSet;
  /** The present revision. */
  readonly now: number;
}

/** The plan comes first: nobody goes back without having seen what that does. */
function Back({ network, number, files: { entry, files }, now }: BackProps) {
  const client = useQueryClient();
  const [why, setWhy] = useKept(`${network}/back/${number}`, '');
  const [isAsked, setAsked] = useState(why !== '');
  const [error, setError] = useState<Error>();
  const plan = usePlan(network, isAsked ? { entry, files } : undefined, now);
  const go = (hash: string): void =>
    void rollBack(network, number, hash, why)
      .then(() => {
        setWhy('');
        goTo(pathIn(network, 'history'));
      })
      .catch((thrown: Error) => {
        setError(thrown);
        // The session may have ended.
        void client.refetchQueries({ queryKey: keys.session });
      });
  if (!isAsked) {
    return (
      <Button size="xs" variant="default" onClick={() => setAsked(true)}>
        What would going back to it do?
      </Button>
    );
  }
  if (plan.error) return <Failure error={plan.error} again={() => void plan.refetch()} />;
  if (!plan.data) return <Loading what="what that would do" />;
  const { hash } = plan.data;
  return (
    <section className="card">
      <h2>Going back to it</h2>
      <PlanText plan={plan.data} />
      <div className="tools ask">
        <Why value={why} onValue={setWhy} />
        <Button size="xs" onClick={() => go(hash)}>
          Go back to revision {number}
        </Button>
      </div>
      {error && (
        <p role="alert">
          <Pill mood="bad">{error.message}</Pill>
        </p>
      )}
    </section>
  );
}
