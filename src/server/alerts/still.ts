import type { EventKind, Finding } from '#api';
import { conflictText, driftText } from '../events/told.ts';
import { conflictCodes, driftCode } from '../health/failures.ts';
import type { Card } from '../presence/card.ts';
import type { Trouble } from './trouble.ts';

/** ms after an agent connected in which it may not have said yet what it sees. */
const grace = 10_000;

/** The sentence of what is still so; `over`: it is not; undefined: nobody can tell now. */
export type Still = { readonly text: string } | 'over' | undefined;

interface Lasting {
  readonly is: (code: string) => boolean;
  readonly textOf: (machine: string, lines: string) => string;
}

/** By what a machine says that it is still so: an event tells that it began, and none that it ended. */
const lasting: ReadonlyMap<EventKind, Lasting> = new Map([
  ['conflict', { is: (code) => conflictCodes.has(code), textOf: conflictText }],
  ['drift', { is: (code) => code === driftCode, textOf: driftText }],
]);

/** What a machine says now of what it told before; `card`: of its connection, if it has one. Pure. */
export function stillOf(
  { kind, machine = '' }: Pick<Trouble, 'kind' | 'machine'>,
  card: Pick<Card, 'warnings' | 'since'> | undefined,
  now: Date,
): Still {
  const one = lasting.get(kind);
  if (!one) return 'over';
  const seen = card?.warnings?.filter(({ code }) => one.is(code)) ?? [];
  if (seen.length > 0) return { text: one.textOf(machine, seen.map(lineOf).join('; ')) };
  return card && now.getTime() - Date.parse(card.since) >= grace ? 'over' : undefined;
}

/** Of a difference that is not put back, what would be: so the event told it. */
const lineOf = ({ code, message }: Finding): string =>
  code === driftCode ? message.slice(message.indexOf(': ') + 2) : message;
