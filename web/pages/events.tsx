import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useId, useState } from 'react';
import type { NetworkStatus } from '#api';
import {
  type EventFilter,
  eventKinds,
  eventsAt,
  filterIn,
  filterQuery,
  useEvents,
} from '../data/events.ts';
import { useRested } from '../data/rested.ts';
import { EventList } from '../parts/events.tsx';
import { Empty, Failure, Loading } from '../parts/states.tsx';
import { goTo, queryOf, usePath } from '../route.ts';

/** Events that are shown at first, and that are added. */
const page = 100;
/** The server tells no more at once. */
const most = 10_000;

/** What happened, the newest first. What is chosen stands in the address, so that others can be sent there. */
export default function EventsPage({ status }: { readonly status: NetworkStatus }) {
  const { network, machines } = status;
  const filter = filterIn(queryOf(usePath()));
  const [limit, setLimit] = useState(page);
  const [isFollowed, setFollowed] = useState(true);
  const names = useId();
  const asked = filterIn(new URLSearchParams(useRested(filterQuery(filter))));
  const { data, error, refetch } = useEvents(network, asked, { limit, isFollowed });
  const choose = (one: EventFilter): void => {
    // Who stopped following wants to see what he chooses all the same.
    setFollowed(true);
    goTo(eventsAt(network, { ...filter, ...one }), 'instead');
  };
  return (
    <>
      <h1>Events</h1>
      <div className="tools">
        <TextInput
          size="xs"
          aria-label="Words in the sentence"
          placeholder="Words in the sentence"
          value={filter.search}
          maxLength={200}
          onChange={(event) => choose({ search: event.currentTarget.value })}
        />
        <TextInput
          size="xs"
          aria-label="Machine"
          placeholder="Machine"
          list={names}
          value={filter.machine}
          onChange={(event) => choose({ machine: event.currentTarget.value.trim() })}
        />
        <TextInput
          size="xs"
          aria-label="Machine at the other end"
          placeholder="and the other end"
          list={names}
          value={filter.other}
          onChange={(event) => choose({ other: event.currentTarget.value.trim() })}
        />
        <NativeSelect
          size="xs"
          aria-label="Kind"
          value={filter.kind}
          data={[{ value: '', label: 'all kinds' }, ...eventKinds]}
          onChange={(event) => choose({ kind: event.currentTarget.value })}
        />
        <Button
          size="xs"
          variant="default"
          aria-pressed={isFollowed}
          onClick={() => setFollowed(!isFollowed)}
        >
          {isFollowed ? 'Following' : 'Stopped'}
        </Button>
        <datalist id={names}>
          {machines.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      {data ? (
        <section className="card" aria-label="Events" aria-live="polite">
          {data.length === 0 ? (
            <Empty>{filterIsEmpty(filter) ? 'Nothing happened yet.' : 'None fits.'}</Empty>
          ) : (
            <EventList network={network} events={data} />
          )}
        </section>
      ) : error ? (
        <Failure error={error} again={() => void refetch()} />
      ) : (
        <Loading what="what happened" />
      )}
      {data?.length === limit && limit < most && (
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            setFollowed(true);
            setLimit(Math.min(limit + page, most));
          }}
        >
          Older ones
        </Button>
      )}
    </>
  );
}

const filterIsEmpty = (filter: EventFilter): boolean =>
  Object.values(filter).every((value) => value === '');
