import type { NetworkEvent, Revision, WhyChange } from '#api';

/** What changed on a way, and is told of it. */
const most = 20;

/** Of these there are events, which tell it in better words. */
const toldByEvents: ReadonlySet<Revision['kind']> = new Set(['join', 'remove']);

interface Way {
  readonly machines: ReadonlySet<string>;
  /** Whether there is a tunnel of the way between two machines. */
  readonly hasTunnel: (a: string, b: string) => boolean;
}

/** The last of what happened to machines and tunnels of a way, the newest first. Pure. */
export const changesOn = (
  way: Way,
  events: readonly NetworkEvent[],
  revisions: readonly Revision[],
): WhyChange[] =>
  [
    ...events.flatMap((event) => ofEvent(way, event)),
    ...revisions.flatMap((one) => ofRevision(way, one)),
  ]
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
    .slice(0, most);

function ofEvent(
  { machines, hasTunnel }: Way,
  { at, kind, machine, other, service, text }: NetworkEvent,
): readonly WhyChange[] {
  if (kind === 'apply' || service !== undefined || machine === undefined) return [];
  const isOnIt = other === undefined ? machines.has(machine) : hasTunnel(machine, other);
  return isOnIt ? [{ at, kind, text }] : [];
}

/** A revision’s summary has a line for each machine that it changes, which begins with its name. */
function ofRevision({ machines }: Way, revision: Revision): readonly WhyChange[] {
  const { id, kind, at, author, why, state, summary } = revision;
  if (state !== 'applied' || toldByEvents.has(kind)) return [];
  const lines = summary.filter((line) => machines.has(/^[^\s:]+/.exec(line)?.[0] ?? ''));
  if (lines.length === 0) return [];
  const head = `revision ${id.number}, ${kind} by ${author}${why === '' ? '' : `: ${why}`}`;
  return [{ at, kind, revision: id.number, text: [head, ...lines].join('; ') }];
}
