import { useQuery } from '@tanstack/react-query';
import type { MonitorsStatus, NetworkStatus, SessionInfo, Topic, TunnelsStatus } from '#api';
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

const useTopic = <T>(network: string, topic: Topic, query = '') =>
  useQuery({
    queryKey: [...keys.of(network, topic), query],
    queryFn: async () => askLarge<T>(at(network, `${topic}${query}`)),
    refetchInterval: aging,
    // To compare ten thousand tunnels with those before takes longer than to draw the few that are seen.
    structuralSharing: false,
  });

export const useStatus = (network: string) => useTopic<NetworkStatus>(network, 'status');

export const useTunnels = (network: string) => useTopic<TunnelsStatus>(network, 'tunnels');

/** The services of a network; `all`: with what is known of platforms. */
export const useMonitors = (network: string, what: 'all' | 'brief') =>
  useTopic<MonitorsStatus>(network, 'monitors', what === 'brief' ? '?brief=true' : '');
