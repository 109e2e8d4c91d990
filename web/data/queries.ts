import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { MonitorsStatus, NetworkStatus, SessionInfo, Topic, TunnelsStatus } from '#api';
import { tunnelsOf } from './left-out.ts';
import { ask, askLarge } from './server.ts';

/** Milliseconds after which ages of what was heard are asked for again, though nothing changed. */
const aging = 15_000;

/** Keys of what was asked. */
export const keys = {
  session: ['session'],
  of: (network: string, topic: Topic) => [network, topic],
} as const;

export const useSession = () =>
  useQuery({
    queryKey: keys.session,
    queryFn: async () => ask<SessionInfo>('/v1/session'),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const useNetworks = () =>
  useQuery({
    queryKey: ['networks'],
    queryFn: async () =>
      ask<readonly Pick<NetworkStatus, 'network' | 'revision'>[]>('/v1/networks'),
  });

/** Where something of a network is asked for. */
export const at = (network: string, path: string): string =>
  `/v1/networks/${encodeURIComponent(network)}/${path}`;

interface Asking<T> {
  readonly query?: string;
  readonly enabled?: boolean;
  /** Shown until the answer comes; undefined: nothing is. */
  readonly meanwhile?: () => T | undefined;
}

const keyOf = (network: string, topic: Topic, query = '') => [...keys.of(network, topic), query];

const useTopic = <T>(network: string, topic: Topic, asking: Asking<T> = {}) =>
  useQuery<T>({
    queryKey: keyOf(network, topic, asking.query),
    queryFn: async () => askLarge<T>(at(network, `${topic}${asking.query ?? ''}`)),
    enabled: asking.enabled ?? true,
    placeholderData: asking.meanwhile as never,
    refetchInterval: aging,
    // To compare ten thousand tunnels with those before takes longer than to draw the few that are seen.
    structuralSharing: false,
  });

export const useStatus = (network: string) => useTopic<NetworkStatus>(network, 'status');

/** All tunnels, as far as one list has room for them. */
export const useTunnels = (network: string, enabled = true) =>
  useTopic<TunnelsStatus>(network, 'tunnels', { enabled });

/** Those of a machine, or the one between two. */
export function useTunnelsOf(network: string, [machine, other]: readonly [string, string?]) {
  const client = useQueryClient();
  const ends = { machine, ...(other !== undefined && { other }) };
  return useTopic<TunnelsStatus>(network, 'tunnels', {
    query: `?${new URLSearchParams(ends)}`,
    meanwhile: () => tunnelsOf(client.getQueryData(keyOf(network, 'tunnels')), Object.values(ends)),
  });
}

/** The services of a network; `all`: with what is known of platforms. */
export const useMonitors = (network: string, what: 'all' | 'brief') =>
  useTopic<MonitorsStatus>(network, 'monitors', { query: what === 'brief' ? '?brief=true' : '' });
