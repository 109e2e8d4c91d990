import { Button, Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import { Refused } from '../data/server.ts';
import type { Mood } from '../data/words.ts';
import { pathIn } from '../route.ts';
import { Link } from './link.tsx';

/** A word with a mark whose shape and colour tell how it is. */
export const Pill = ({ mood, children }: { readonly mood: Mood; readonly children: ReactNode }) => (
  <span className={`pill ${mood}`}>
    <span className="mark" aria-hidden="true" />
    {children}
  </span>
);

/** It hangs below the row of pages, where it takes nobody's room. */
export const Reconnecting = ({ isShown }: { readonly isShown: boolean }) => (
  <div className="reconnecting" role="status">
    {isShown && <Pill mood="warn">reconnecting</Pill>}
  </div>
);

interface LoadingProps {
  readonly what: string;
  /** The heading, where it is all that a page has. */
  readonly page?: string;
}

export const Loading = ({ what, page }: LoadingProps) => (
  <>
    {page !== undefined && <h1>{page}</h1>}
    <div className="middle loading" role="status">
      <Loader size="sm" type="dots" color="var(--link)" />
      <span>Asking for {what}</span>
    </div>
  </>
);

interface FailureProps {
  /** The heading, where it is all that a page has. */
  readonly page?: string;
  readonly error: Error;
  readonly again: () => void;
}

export function Failure({ page, error, again }: FailureProps) {
  const isRefused = error instanceof Refused;
  return (
    <>
      {page !== undefined && <h1>{page}</h1>}
      <div className="middle" role="alert">
        <Pill mood="bad">{isRefused ? error.message : 'The server does not answer.'}</Pill>
        {isRefused && error.fix !== '' && (
          <p className="dim">
            <Words text={error.fix} />
          </p>
        )}
        <Button size="xs" variant="default" onClick={again}>
          Try again
        </Button>
      </div>
    </>
  );
}

export const Empty = ({ children }: { readonly children: ReactNode }) => (
  <div className="middle dim">{children}</div>
);

/** What there is to do where nobody is. */
export const NoMachines = ({ network }: { readonly network: string }) => (
  <div className="middle dim">
    <p>No machine is in {network} yet.</p>
    <p>
      <Words text="`hawser token create --join` on the server prints the line with which one joins;" />{' '}
      people’s devices are <Link to={pathIn(network, 'members')}>invited</Link>.
    </p>
  </div>
);

/** What somebody looks for who follows an old address. */
export const Missing = ({ children }: { readonly children: ReactNode }) => (
  <div className="middle">
    <h1>Not here</h1>
    <p className="dim">{children}</p>
  </div>
);

/** Text in which `commands` stand in code style. */
export const Words = ({ text }: { readonly text: string }) =>
  text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? <code key={`${index} ${part}`}>{part}</code> : part));
