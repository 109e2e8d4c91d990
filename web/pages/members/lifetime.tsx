import { Button, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import type { PlanResult, Revision } from '#api';
import { forgetKept, useKept } from '../../data/kept.ts';
import { keys } from '../../data/queries.ts';
import { Refused } from '../../data/server.ts';
import { PlanText, PlanTools, Waits } from '../../parts/plan.tsx';
import { planLifetime, setLifetime } from './actions.ts';
import { type End, endOf, momentOf } from './ends.ts';
import { WhatFailed } from './invite-form.tsx';

interface LifetimeProps {
  readonly network: string;
  readonly machine: string;
  /** When it ends now, RFC 3339. */
  readonly expires?: string | undefined;
  /** It is done, or given up. */
  readonly onEnd: () => void;
}

/** As what an end that is not set yet is kept. */
export const expiryIn = (network: string): string => `${network}/expire`;

interface Planned {
  readonly wanted: { readonly expires?: string };
  readonly plan: PlanResult;
  /** What the request is called, so that it is done once. */
  readonly request: string;
}

/** Says until when somebody is a member, after what that changes was shown. */
export function Lifetime({ network, machine, expires, onEnd }: LifetimeProps) {
  const [end, setEnd] = useKept(`${expiryIn(network)}/${machine}`, endOf(expires));
  const [planned, setPlanned] = useState<Planned>();
  const [held, setHeld] = useState<Revision>();
  const [error, setError] = useState<Error>();
  const [isAsking, setAsking] = useState(false);
  const client = useQueryClient();
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.focus(), []);
  const during = async (work: () => Promise<void>): Promise<void> => {
    setAsking(true);
    setError(undefined);
    await work().catch((thrown: Error) => {
      setError(thrown);
      if (thrown instanceof Refused && thrown.code === 'api/plan-stale') setPlanned(undefined);
      // The session may have ended: what was typed is there again after the next login.
      void client.refetchQueries({ queryKey: keys.session });
    });
    setAsking(false);
  };
  const ask = async (): Promise<void> =>
    during(async () => {
      const moment = momentOf(end);
      const wanted = moment === undefined ? {} : { expires: moment };
      const plan = await planLifetime(network, machine, wanted);
      setPlanned({ wanted, plan, request: crypto.randomUUID() });
    });
  const go = async ({ wanted, plan: { hash }, request }: Planned): Promise<void> =>
    during(async () => {
      const revision = await setLifetime(network, machine, wanted, { plan: hash, request });
      forgetKept(expiryIn(network));
      if (revision.state === 'held') setHeld(revision);
      else onEnd();
    });
  const change = (part: Partial<End>): void => {
    setEnd({ ...end, ...part });
    setPlanned(undefined);
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void ask();
  };
  return (
    <section className="card" aria-label={`Expiry of ${machine}`} ref={box} tabIndex={-1}>
      <h2>Until when {machine} is a member</h2>
      {held ? (
        <>
          <Waits network={network} revision={held}>
            {machine} ends as before until then.
          </Waits>
          <Button size="xs" variant="default" onClick={onEnd}>
            Done
          </Button>
        </>
      ) : (
        <form onSubmit={submit}>
          <p>
            It is cut off at the end of that day (UTC), or at the time of it that you say. Name,
            key, address and file stay: with more time the same tunnel works again.
          </p>
          <div className="fields">
            <TextInput
              size="xs"
              type="date"
              label="Last day; empty: it never ends"
              value={end.day}
              onChange={({ currentTarget: { value } }) => change({ day: value })}
            />
            <TextInput
              size="xs"
              type="time"
              step="any"
              label="Until (UTC); empty: the whole day"
              value={end.time}
              disabled={end.day === ''}
              onChange={({ currentTarget: { value } }) => change({ time: value })}
            />
          </div>
          {planned && <PlanText plan={planned.plan} />}
          <PlanTools {...{ isAsking, onEnd }}>
            {planned && (
              <Button size="xs" loading={isAsking} onClick={() => void go(planned)}>
                Apply it
              </Button>
            )}
          </PlanTools>
        </form>
      )}
      {error && <WhatFailed error={error} />}
    </section>
  );
}
