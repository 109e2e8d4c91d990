import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { EventKind, NetworkEvent } from '#api';
import { pathIn } from './address.ts';
import { at, keys } from './queries.ts';
import { ask } from './server.ts';
import type { Mood } from './words.ts';

/** Which events; what is empty chooses nothing. */
export interface EventFilter {
  readonly machine?: string;
  /** With a machine: what is between the two. */
  readonly other?: string;
  readonly kind?: string;
  readonly search?: string;
}

export const filterQuery = (filter: EventFilter): string =>
  new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString();

/** Which events an address chooses. */
export function filterIn(query: URLSearchParams) {
  const of = (key: keyof EventFilter): string => query.get(key) ?? '';
  return { machine: of('machine'), other: of('other'), kind: of('kind'), search: of('search') };
}

interface Asked {
  readonly limit: number;
  /** Asked for again when something happens. */
  readonly isFollowed?: boolean;
}

/** Of a machine or a tunnel so many are looked at. */
export const eventsOfOne = 200;

/** The newest first. */
export const useEvents = (network: string, filter: EventFilter, { limit, isFollowed }: Asked) =>
  useQuery({
    queryKey: [...keys.of(network, 'events'), filter, limit],
    queryFn: async () => {
      const asked = `events/log?${new URLSearchParams(filterQuery(filter))}&limit=${limit}`;
      return (await ask<readonly NetworkEvent[]>(at(network, asked))).toReversed();
    },
    enabled: isFollowed ?? true,
    placeholderData: keepPreviousData,
  });

export const moodOfEvent: Readonly<Record<EventKind, Mood>> = {
  ...{ down: 'bad', failing: 'bad', clone: 'bad', conflict: 'bad', 'login-failed': 'bad' },
  ...{ joined: 'good', up: 'good', back: 'good', well: 'good', repaired: 'good' },
  ...{ left: 'warn', degraded: 'warn', away: 'warn', drift: 'warn', failover: 'warn' },
  apply: 'idle',
};

export const eventKinds = Object.keys(moodOfEvent) as readonly EventKind[];

/** Where there is more of what an event tells. */
export function placeOf(network: string, { machine, other, service, kind }: NetworkEvent) {
  if (service !== undefined) return pathIn(network, 'platform', service);
  if (machine !== undefined && other !== undefined)
    return pathIn(network, 'tunnels', machine, other);
  if (machine !== undefined) return pathIn(network, 'machines', machine);
  return kind === 'apply' ? pathIn(network, 'history') : undefined;
}

/** The page of events, of some. */
export function eventsAt(network: string, filter: EventFilter): string {
  const query = filterQuery(filter);
  return `${pathIn(network, 'events')}${query === '' ? '' : `?${query}`}`;
}
