import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { PlanResult, Revision } from '#api';
import { countOf } from '../../data/left-out.ts';
import { keys, useTunnelsOf } from '../../data/queries.ts';
import { Refused } from '../../data/server.ts';
import { plural } from '../../data/words.ts';
import { PlanText, Waits } from '../../parts/plan.tsx';
import { Loading } from '../../parts/states.tsx';
import { planRemoval, remove } from './actions.ts';
import { WhatFailed } from './invite-form.tsx';

interface RemovalProps {
  readonly network: string;
  readonly machine: string;
  /** It is done, or given up. */
  readonly onEnd: () => void;
}

/** What it would change, as the server plans it now, and what the request for it is called. */
function usePlan(network: string, machine: string) {
  return useQuery({
    queryKey: ['removal', network, machine],
    queryFn: async () => ({
      plan: await planRemoval(network, machine),
      request: crypto.randomUUID(),
    }),
    // A plan is what somebody reads: it does not change under his eyes.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

/** The tunnels that end with a machine, counted where they are known. */
function Ending({ network, machine }: Pick<RemovalProps, 'network' | 'machine'>) {
  const { data } = useTunnelsOf(network, [machine]);
  if (!data) return 'its tunnels end';
  return plural(countOf(data), 'tunnel ends', 'tunnels end');
}

/** Says what somebody loses who is removed, and what changes on machines, before it is done. */
export function Removal({ network, machine, onEnd }: RemovalProps) {
  const planned = usePlan(network, machine);
  const [error, setError] = useState<Error>();
  const [isSent, setSent] = useState(false);
  const [held, setHeld] = useState<Revision>();
  const client = useQueryClient();
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.focus(), []);
  const go = async ({ plan, request }: { plan: PlanResult; request: string }): Promise<void> => {
    setSent(true);
    setError(undefined);
    try {
      const revision = await remove(network, machine, { plan: plan.hash, request });
      if (revision.state === 'held') setHeld(revision);
      else onEnd();
    } catch (thrown) {
      setError(thrown as Error);
      if (thrown instanceof Refused && thrown.code === 'api/plan-stale') await planned.refetch();
      // The session may have ended.
      void client.refetchQueries({ queryKey: keys.session });
    }
    setSent(false);
  };
  const failed = error ?? planned.error;
  return (
    <section className="card" aria-label={`Remove ${machine}`} ref={box} tabIndex={-1}>
      <h2>Remove {machine}</h2>
      {held ? (
        <Waits network={network} revision={held}>
          {machine} keeps its place and its access until then.
        </Waits>
      ) : (
        <p>
          {machine} loses its place in {network} and all access: its name leaves the file, its key
          is forgotten, and <Ending {...{ network, machine }} />. Whoever is only suspended keeps
          all of that.
        </p>
      )}
      {!held && planned.data && <PlanText plan={planned.data.plan} />}
      {planned.isPending && <Loading what="what that changes" />}
      <div className="tools">
        {!held && planned.data && (
          <Button size="xs" loading={isSent} onClick={() => void go(planned.data)}>
            Remove it
          </Button>
        )}
        <Button size="xs" variant={held ? 'default' : 'subtle'} color="gray" onClick={onEnd}>
          {held ? 'Done' : 'Cancel'}
        </Button>
      </div>
      {failed && <WhatFailed error={failed} />}
    </section>
  );
}
