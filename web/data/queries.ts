import { useQuery } from '@tanstack/react-query';
import type { NetworkStatus, SessionInfo, TunnelsStatus } from '#api';
import { ask } from './server.ts';

/** Milliseconds after which ages of what was heard are asked for again, though nothing changed. */
const aging = 15_000;

/** Keys of what was asked. */
export const keys = {
  session: ['session'],
  of: (network: string, topic: 'status' | 'tunnels') => [network, topic],
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
    queryFn: async () => ask<readonly { readonly network: string }[]>('/v1/networks'),
  });

export const useStatus = (network: string) =>
  useQuery({
    queryKey: keys.of(network, 'status'),
    queryFn: async () => ask<NetworkStatus>(`/v1/networks/${encodeURIComponent(network)}/status`),
    refetchInterval: aging,
  });

export const useTunnels = (network: string) =>
  useQuery({
    queryKey: keys.of(network, 'tunnels'),
    queryFn: async () => ask<TunnelsStatus>(`/v1/networks/${encodeURIComponent(network)}/tunnels`),
    refetchInterval: aging,
  });
