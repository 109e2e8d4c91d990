import { Button } from '@mantine/core';
import { useState } from 'react';
import { plural } from '../../data/words.ts';
import { remove } from './actions.ts';
import { WhatFailed } from './invite-form.tsx';

interface RemovalProps {
  readonly network: string;
  readonly machine: string;
  /** That end with it. */
  readonly tunnels: number;
  /** It is done, or given up. */
  readonly onEnd: () => void;
}

/** Says what somebody loses who is removed, before it is done. */
export function Removal({ network, machine, tunnels, onEnd }: RemovalProps) {
  const [error, setError] = useState<Error>();
  const [isSent, setSent] = useState(false);
  const go = (): void => {
    setSent(true);
    setError(undefined);
    void remove(network, machine)
      .then(onEnd)
      .catch((thrown: Error) => {
        setSent(false);
        setError(thrown);
      });
  };
  return (
    <section className="card" aria-label={`Remove ${machine}`}>
      <h2>Remove {machine}</h2>
      <p>
        {machine} loses its place in {network} and all access: its name leaves the file, its key is
        forgotten, and {plural(tunnels, 'tunnel ends', 'tunnels end')}. Whoever is only suspended
        keeps all of that.
      </p>
      <div className="tools">
        <Button size="xs" loading={isSent} onClick={go}>
          Remove it
        </Button>
        <Button size="xs" variant="subtle" color="gray" onClick={onEnd}>
          Cancel
        </Button>
      </div>
      {error && <WhatFailed error={error} />}
    </section>
  );
}
