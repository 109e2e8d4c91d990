import type { EventKind, NetworkEvent, Severity } from '#api';
import { byText } from '#base';
import { cloneLasts } from '../presence/card.ts';
import type { NewAlert } from '../store/alerts.ts';
import { isWorse, severity } from './severity.ts';
import type { Still } from './still.ts';

/** ms that something is not well before anybody is alerted, unless it is so a second time. */
const hold = 10_000;
/** ms that it has to be well before it counts as over, and in which the same is not told anew. */
const calm = 300_000;

type About = Pick<NetworkEvent, 'machine' | 'other' | 'service'>;

/** Something that is not well, or was not until lately; or that happened, and may happen again. */
export interface Trouble extends About {
  readonly is: 'state' | 'repeated';
  /** What it was last, of what is not well. */
  readonly kind: EventKind;
  /** The worst since then. */
  readonly severity: Severity;
  /** RFC 3339: when it began; of what is repeated, when it was told. */
  readonly since: string;
  /** How often it became so since then; of what is repeated, how often that was not told. */
  readonly times: number;
  readonly wellSince?: string;
  /** RFC 3339: when it was seen last, of what is over when it comes no more. */
  readonly seen?: string;
  /** Of what is repeated: it happened while that was silenced, and is told when that is over if it is still so. */
  readonly isUnsaid?: true;
  /** How bad it was when that was told; absent: it was not yet. */
  readonly toldAs?: Severity;
  readonly text: string;
}

const ofMachines: ReadonlySet<EventKind> = new Set(['failing', 'well']);
const ofWays: ReadonlySet<EventKind> = new Set(['up', 'degraded', 'down', 'away', 'back']);
/** ms after which what nobody tells the end of is over, if it was not seen again. */
const lasts: ReadonlyMap<EventKind, number> = new Map([['clone', cloneLasts]]);
/** What stays so until a machine says otherwise, though no event tells that it ended. */
const stay: ReadonlySet<EventKind> = new Set(['conflict', 'drift']);
const states = ofWays.union(ofMachines).union(lasts);
const areWell: ReadonlySet<EventKind> = new Set(['up', 'back', 'well']);

/** What an event is about. An agent that is away is another thing than a tunnel of its machine, or what that fails at. */
export function subjectOf(event: About & Pick<NetworkEvent, 'kind'>): string {
  const { kind, machine = '', other, service = '' } = event;
  // A tunnel is the same whichever end is told first.
  const ends = other === undefined ? [machine, ''] : [machine, other].sort(byText);
  const what = ofMachines.has(kind) ? 'failing' : ofWays.has(kind) ? 'state' : kind;
  return `${what} ${ends.join(' ')} ${service}`;
}

const aboutOf = ({ machine, other, service }: About): About => ({
  ...(machine !== undefined && { machine }),
  ...(other !== undefined && { other }),
  ...(service !== undefined && { service }),
});

export interface Outcome {
  /** undefined: none any more. */
  readonly trouble: Trouble | undefined;
  /** What somebody is to be told. */
  readonly told?: Omit<NewAlert, 'at'>;
}

/** What becomes of a trouble by an event about the same. Pure. */
export function happened(
  trouble: Trouble | undefined,
  event: NetworkEvent,
  isSilenced: boolean,
): Outcome {
  if (states.has(event.kind)) return { trouble: changed(trouble, event) };
  const { kind, at: since, text } = event;
  const one = {
    is: 'once',
    severity: severity(kind),
    kind,
    since,
    ...aboutOf(event),
    text,
  } as const;
  const repeated = trouble ?? { ...one, is: 'repeated', times: 0 };
  if (isSilenced) return { trouble: stay.has(kind) ? { ...repeated, isUnsaid: true } : trouble };
  // What people do is told each time.
  if (one.severity === 'info') return { trouble: undefined, told: one };
  if (trouble) return { trouble: { ...trouble, times: trouble.times + 1, text } };
  return { trouble: repeated, told: one };
}

function changed(trouble: Trouble | undefined, event: NetworkEvent): Trouble | undefined {
  const { kind, at, text } = event;
  if (areWell.has(kind)) return trouble && { ...trouble, wellSince: trouble.wellSince ?? at, text };
  const now = severity(kind);
  const before = trouble ?? { since: at, times: 0, severity: now };
  const isNew = trouble === undefined || trouble.wellSince !== undefined;
  return {
    ...{ is: 'state', kind, text, ...aboutOf(event) },
    since: before.since,
    times: before.times + Number(isNew),
    severity: isWorse(now, before.severity) ? now : before.severity,
    ...(trouble?.toldAs && { toldAs: trouble.toldAs }),
    ...(lasts.has(kind) && { seen: at }),
  };
}

interface Now {
  readonly now: Date;
  readonly isSilenced: boolean;
  /** What it is about is still in the network. */
  readonly exists: boolean;
  /** Whether it is still so, of what happened while that was silenced. */
  readonly still?: Still;
}

/** What becomes of a trouble while time passes. Pure. */
export function settled(trouble: Trouble, at: Now): Outcome {
  return trouble.is === 'state' ? settledState(trouble, at) : settledRepeated(trouble, at);
}

const age = (since: string, { now }: Now): number => now.getTime() - Date.parse(since);

/** What happened while that was silenced, when it may be told. */
function settledUnsaid({ isUnsaid: _, ...trouble }: Trouble, at: Now): Outcome | undefined {
  if (!at.exists) return { trouble: undefined };
  const { still } = at;
  if (still === undefined) return undefined;
  if (still === 'over') return age(trouble.since, at) < hold ? undefined : { trouble };
  const { severity: bad, kind, since } = trouble;
  const { text } = still;
  const told = { is: 'once', severity: bad, kind, since, ...aboutOf(trouble), text } as const;
  return { trouble: { ...trouble, since: at.now.toISOString(), times: 0, text }, told };
}

function settledRepeated(trouble: Trouble, at: Now): Outcome {
  if (at.isSilenced) return { trouble };
  if (trouble.isUnsaid) return settledUnsaid(trouble, at) ?? { trouble };
  if (age(trouble.since, at) < calm) return { trouble };
  const { times, severity: bad, kind, since, text } = trouble;
  if (times === 0) return { trouble: undefined };
  const more = times === 1 ? text : `${text} (${times} times since ${since})`;
  const told = { is: 'once', severity: bad, kind, since, ...aboutOf(trouble), text: more } as const;
  return { trouble: { ...trouble, since: at.now.toISOString(), times: 0 }, told };
}

/** Why something is over, before what it was; undefined: it is not. */
function endOf({ wellSince, seen, kind }: Trouble, at: Now): string | undefined {
  if (!at.exists) return 'what this was about is no part of the network any more: ';
  if (wellSince !== undefined && age(wellSince, at) >= calm) return '';
  const most = lasts.get(kind);
  if (seen === undefined || most === undefined || age(seen, at) < most) return undefined;
  return `this was not seen again for ${most / 60_000} min: `;
}

function settledState(trouble: Trouble, at: Now): Outcome {
  const { wellSince, seen, toldAs, times, kind, since, text } = trouble;
  const about = { kind, since, ...aboutOf(trouble) };
  const over = endOf(trouble, at);
  if (over !== undefined) {
    if (toldAs === undefined) return { trouble: undefined };
    const well = `${over}${text}`;
    const often = times === 1 ? well : `${well} (it was not, ${times} times since ${since})`;
    const told = { ...about, is: 'resolved', severity: toldAs, text: often } as const;
    return { trouble: undefined, told };
  }
  const isNews = toldAs === undefined || isWorse(trouble.severity, toldAs);
  // Of a clone the server saw both.
  const isSure = seen !== undefined || age(since, at) >= hold || times > 1;
  if (wellSince !== undefined || at.isSilenced || !isNews || !isSure) return { trouble };
  return {
    trouble: { ...trouble, toldAs: trouble.severity },
    told: { ...about, is: 'firing', severity: trouble.severity, text },
  };
}
