import { useQuery } from '@tanstack/react-query';
import type { AccessResult, SegmentsResult, TraceResult, TunnelPlan } from '#api';
import { at } from './queries.ts';
import { ask } from './server.ts';

/** What the file means does not change by itself; `revision`: of the file. */
const useMeant = <T>(network: string, path: string, revision: number, enabled = true) =>
  useQuery({
    queryKey: [network, 'meant', path, revision],
    queryFn: async () => ask<T>(at(network, path)),
    staleTime: Number.POSITIVE_INFINITY,
    enabled,
  });

/** Both ends of a tunnel as they are to be. */
export const useTunnelPlan = (network: string, ends: readonly [string, string], revision: number) =>
  useMeant<TunnelPlan>(network, `tunnels/${ends.map(encodeURIComponent).join('/')}`, revision);

/** The layer-2 networks, and what leads out of them. */
export const useSegments = (network: string, revision: number) =>
  useMeant<SegmentsResult>(network, 'segments', revision);

/** Who gets where. */
export const useAccess = (network: string, revision: number) =>
  useMeant<AccessResult>(network, 'access', revision);

export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly port: string;
}

/** A flow followed hop by hop; not asked for while an end is missing. */
export const useTrace = (network: string, { from, to, port }: Flow, revision: number) => {
  const query = new URLSearchParams({ from, to, port: port === '' ? 'icmp' : port });
  const isWhole = from !== '' && to !== '';
  return useMeant<TraceResult>(network, `trace?${query}`, revision, isWhole);
};
