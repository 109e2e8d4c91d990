import { Button } from '@mantine/core';
import { type UseQueryResult, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Finding, PlanResult } from '#api';
import { apply, type Stored } from '../../data/changes.ts';
import type { Draft } from '../../data/draft.ts';
import { useKept } from '../../data/kept.ts';
import { keys } from '../../data/queries.ts';
import { Refused } from '../../data/server.ts';
import { FilesDiff } from '../../parts/diff.tsx';
import { PlanText } from '../../parts/plan.tsx';
import { Failure, Loading, Pill, Words } from '../../parts/states.tsx';
import { Why } from '../../parts/why.tsx';
import { goTo, pathIn } from '../../route.ts';

interface ApplicationProps {
  readonly network: string;
  readonly stored: Stored;
  readonly work: Draft;
  readonly found: readonly Finding[];
  readonly plan: UseQueryResult<PlanResult>;
  /** The plan is of what is in the editor now. */
  readonly isRested: boolean;
  readonly onPlace: (place: NonNullable<Finding['place']>) => void;
  /** It is applied. */
  readonly onDone: () => void;
}

/** What is wrong with what was typed, or what it would do; and then the way to do it. */
export function Application({ found, onPlace, plan, ...rest }: ApplicationProps) {
  const { stored, work, isRested } = rest;
  return (
    <section className="would">
      <section className="card">
        <h2>What it would do</h2>
        {found.length > 0 ? (
          <Found found={found} onPlace={onPlace} />
        ) : plan.error ? (
          <Failure error={plan.error} again={() => void plan.refetch()} />
        ) : plan.data ? (
          <>
            <PlanText plan={plan.data} />
            <Doing {...rest} hash={isRested ? plan.data.hash : undefined} />
          </>
        ) : (
          <Loading what="what that would do" />
        )}
      </section>
      <section className="card">
        <h2>What you changed</h2>
        <FilesDiff before={stored} after={{ entry: stored.entry, files: work.files }} />
      </section>
    </section>
  );
}

function Found({ found, onPlace }: Pick<ApplicationProps, 'found' | 'onPlace'>) {
  return (
    <ul className="findings" aria-label="What is wrong with it">
      {found.map(({ code, message, fix, place }) => (
        <li key={`${place?.file} ${place?.line} ${place?.column} ${message}`} className="bad">
          <span className="mark" aria-hidden="true" />
          <div>
            {place && (
              <>
                <button type="button" className="as-link" onClick={() => onPlace(place)}>
                  {place.file}, line {place.line}
                </button>
                {': '}
              </>
            )}
            <Words text={message} /> <code>{code}</code>
            {fix !== '' && (
              <div className="dim">
                <Words text={fix} />
              </div>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

interface DoingProps {
  readonly network: string;
  readonly stored: Stored;
  readonly work: Draft;
  readonly onDone: () => void;
  /** Of the plan that is seen; undefined: it is of something else. */
  readonly hash: string | undefined;
}

function Doing({ network, stored, work, hash, onDone }: DoingProps) {
  const client = useQueryClient();
  const [why, setWhy] = useKept(`${network}/apply`, '');
  const [error, setError] = useState<Error>();
  const [isSent, setSent] = useState(false);
  const go = async (plan: string): Promise<void> => {
    setSent(true);
    setError(undefined);
    try {
      const files = { entry: stored.entry, files: work.files };
      const { id } = await apply(network, { files, base: work.base.revision, plan, why });
      setWhy('');
      onDone();
      goTo(pathIn(network, 'history', String(id.number)));
    } catch (thrown) {
      setSent(false);
      setError(thrown as Error);
      // The session may have ended, or the network moved on: both are seen at once, and what was typed stays.
      void client.refetchQueries({ queryKey: keys.session });
      void client.refetchQueries({ queryKey: keys.of(network, 'status') });
      void client.invalidateQueries({ queryKey: [network, 'plan'] });
    }
  };
  return (
    <>
      <div className="tools ask">
        <Why value={why} onValue={setWhy} />
        <Button
          size="xs"
          disabled={hash === undefined || isSent}
          onClick={() => void go(hash ?? '')}
        >
          Apply
        </Button>
      </div>
      {error && (
        <div role="alert">
          <Pill mood="bad">
            {error instanceof Refused ? error.message : 'The server does not answer.'}
          </Pill>
          {error instanceof Refused && (
            <p className="dim">
              <Words text={[error.fix, ...error.since].join('. ')} />
            </p>
          )}
        </div>
      )}
    </>
  );
}
