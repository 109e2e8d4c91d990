import type { NetworkEvent } from '#api';
import { eventsOfOne, moodOfEvent, placeOf, useEvents } from '../data/events.ts';
import { ago, timeOf } from '../data/words.ts';
import { Link } from './link.tsx';
import { Pill } from './states.tsx';

interface EventListProps {
  readonly network: string;
  readonly events: readonly NetworkEvent[];
}

/** What happened, in sentences that lead to what it is about. */
export const EventList = ({ network, events }: EventListProps) => (
  <ol className="events">
    {events.map((event) => {
      const to = placeOf(network, event);
      return (
        <li key={event.seq}>
          <time className="dim" dateTime={event.at} title={timeOf(event.at)}>
            {ago(event.at)}
          </time>
          <Pill mood={moodOfEvent[event.kind]}>{event.kind}</Pill>
          <span>{to === undefined ? event.text : <Link to={to}>{event.text}</Link>}</span>
        </li>
      );
    })}
  </ol>
);

interface EventsOfProps {
  readonly network: string;
  readonly machine: string;
  /** The machine at the other end, where it is about a tunnel. */
  readonly other?: string;
  /** The page with all of them. */
  readonly to: string;
}

/** So many are shown. */
const shown = 8;

/** What happened last to a machine or a tunnel. */
export function EventsOf({ network, machine, other, to }: EventsOfProps) {
  const filter = { machine, ...(other !== undefined && { other }) };
  const { data: own } = useEvents(network, filter, { limit: eventsOfOne });
  return (
    <section className="card">
      <h2>What happened</h2>
      {own === undefined ? (
        <p className="dim">Asking for it.</p>
      ) : own.length === 0 ? (
        <p className="dim">Nothing yet.</p>
      ) : (
        <EventList network={network} events={own.slice(0, shown)} />
      )}
      <p>
        <Link to={to}>All events</Link>
      </p>
    </section>
  );
}
