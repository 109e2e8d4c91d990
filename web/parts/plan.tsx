import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { PlanResult, Revision } from '#api';
import { pathIn } from '../data/address.ts';
import { Link } from './link.tsx';
import { Pill } from './states.tsx';

/** What a change would do, in the words of `hawser plan`, and what there is to say of it. */
export function PlanText({ plan }: { readonly plan: PlanResult }) {
  const { text, warnings, notes = [] } = plan;
  return (
    <>
      {warnings.map(({ code, message, fix }) => (
        <p key={`${code} ${message}`}>
          <Pill mood="warn">{message}</Pill> <span className="dim">{fix}</span>
        </p>
      ))}
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {text === '' ? (
        <p className="dim">No machine changes, and nobody gains or loses access.</p>
      ) : (
        // biome-ignore lint/a11y: a region that scrolls is reached by keys
        <pre className="log" tabIndex={0} role="region" aria-label="What would change">
          {text}
        </pre>
      )}
    </>
  );
}

interface PlanToolsProps {
  readonly isAsking: boolean;
  /** By which it goes on, once it is known what would change. */
  readonly children: ReactNode;
  readonly onEnd: () => void;
}

/** Below a form whose change is shown before it is made: its first button sends the form. */
export const PlanTools = ({ isAsking, children, onEnd }: PlanToolsProps) => (
  <div className="tools">
    {children}
    <Button
      type="submit"
      size="xs"
      variant={children ? 'default' : 'filled'}
      loading={isAsking && !children}
    >
      What would change?
    </Button>
    <Button size="xs" variant="subtle" color="gray" onClick={onEnd}>
      Cancel
    </Button>
  </div>
);

interface WaitsProps {
  readonly network: string;
  readonly revision: Revision;
  /** What comes of it when it goes. */
  readonly children: ReactNode;
}

/** Of a change that is held, where another person lets it go. */
export const Waits = ({ network, revision: { id }, children }: WaitsProps) => (
  <p role="status" className="waits">
    <Pill mood="warn">
      <span>
        <Link to={pathIn(network, 'history', String(id.number))}>Revision {id.number}</Link> waits
        until another person approves it. {children}
      </span>
    </Pill>
  </p>
);
