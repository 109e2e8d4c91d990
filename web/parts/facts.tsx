import type { ReactNode } from 'react';

interface FactsProps {
  /** What is not known is left out. */
  readonly facts: Readonly<Record<string, ReactNode>>;
}

/** Names and values, one a line. */
export const Facts = ({ facts }: FactsProps) => (
  <dl className="facts">
    {Object.entries(facts)
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);
