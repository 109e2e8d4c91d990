import type { EventKind } from '#api';
import type { Action } from '../network/acts.ts';
import type { NewEvent } from '../store/events.ts';

/** An entry of the audit, as far as an event rests on it. */
export interface Entry {
  readonly at: string;
  readonly actor: string;
  readonly action: Action;
  readonly revision?: number | undefined;
  readonly detail: unknown;
}

type Detail = Readonly<Record<string, unknown>>;
type Told = Pick<NewEvent, 'kind' | 'machine' | 'text'>;
type Teller = (entry: Entry, detail: Detail) => Told;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const linesOf = (value: unknown): string =>
  Array.isArray(value) ? value.map(String).join('; ') : '';

/** That a machine differs, and is not put back; `changes`: what would be put back. */
export const driftText = (machine: string, changes: string): string =>
  `${machine} is another than it should be: ${changes}`;
/** That a machine sees what two places claim. */
export const conflictText = (machine: string, conflicts: string): string =>
  `${machine} sees what cannot be: ${conflicts}`;

/** Of an act upon one machine, which the detail names; else whoever did it is that machine. */
const upon =
  (kind: EventKind, verb: (machine: string, actor: string) => string): Teller =>
  ({ actor }, { machine }) => {
    const name = textOf(machine) || actor;
    return { kind, machine: name, text: verb(name, actor) };
  };

const applied =
  (verb: string): Teller =>
  ({ actor, revision }, { why }) => ({
    kind: 'apply',
    text: `${actor} ${verb}${revision === undefined ? '' : ` revision ${revision}`}${textOf(why) && `: ${textOf(why)}`}`,
  });

/** What of the audit is an event of the network, in a sentence each. */
const tellers: Readonly<Partial<Record<Action, Teller>>> = {
  join: upon('joined', (name) => `${name} joined`),
  'approve-machine': upon('joined', (name, actor) => `${name} joined: ${actor} let it in`),
  accept: upon('joined', (name) => `${name} has its key, by an invitation`),
  'restore-machine': upon('joined', (name, actor) => `${name} is back: ${actor} let it`),
  leave: upon('left', (name) => `${name} left`),
  remove: upon('left', (name, actor) => `${name} is out: ${actor} removed it`),
  revoke: upon('left', (name, actor) => `${name} is cut off: ${actor} did that`),
  replace: upon('left', (name, actor) => `${name} may be another machine now: ${actor} let it`),
  expire: (_, { expired, returned }) => ({
    kind: 'left',
    text: `the time of members is over: ${linesOf(expired) || 'none'}; they got more: ${linesOf(returned) || 'none'}`,
  }),
  drift: ({ actor: machine }, { changes, repaired }) => ({
    kind: repaired === false ? 'drift' : 'repaired',
    machine,
    text:
      repaired === false
        ? driftText(machine, linesOf(changes))
        : `${machine} was put back as it should be: ${linesOf(changes)}`,
  }),
  clone: ({ actor: machine }, { first, second }) => ({
    kind: 'clone',
    machine,
    text: `the identity of ${machine} is used at two places: ${textOf(first)} and ${textOf(second)}`,
  }),
  conflict: ({ actor: machine }, { conflicts }) => ({
    kind: 'conflict',
    machine,
    text: conflictText(machine, linesOf(conflicts)),
  }),
  'key-taken': (_, { taken }) => ({
    kind: 'conflict',
    text: `a machine says that its key is another's: ${JSON.stringify(taken)}`,
  }),
  apply: applied('applied'),
  rollback: applied('went back, by'),
  approve: applied('approved'),
  'take-back': applied('took back, by'),
};

/** A sentence is no longer, in characters. */
const longest = 500;

/** The event that an entry of the audit tells of; undefined: none. Pure. */
export function eventOf(entry: Entry): NewEvent | undefined {
  const detail = typeof entry.detail === 'object' && entry.detail ? (entry.detail as Detail) : {};
  const told = tellers[entry.action]?.(entry, detail);
  return told && { ...told, at: entry.at, text: told.text.slice(0, longest) };
}
