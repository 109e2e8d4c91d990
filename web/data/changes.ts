import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { FileSet, PlanResult, Revision } from '#api';
import { at } from './queries.ts';
import { ask } from './server.ts';

/** The stored file, and the revision that it is. */
export interface Stored extends FileSet {
  readonly revision: Revision['id'];
}

const send = async <T>(path: string, body: unknown): Promise<T> =>
  ask<T>(path, {
    method: 'POST',
    // Asked again after a lost answer it is done once.
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify(body),
  });

/** The file before is shown while the one of a new revision is asked for. */
export const useStored = (network: string, revision: number) =>
  useQuery({
    queryKey: [network, 'file', revision],
    queryFn: async () => ask<Stored>(at(network, 'file')),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });

export const useRevisions = (network: string, revision: number, limit: number) =>
  useQuery({
    queryKey: [network, 'revisions', revision, limit],
    queryFn: async () => ask<readonly Revision[]>(at(network, `revisions?limit=${limit}`)),
  });

/** One revision with its files; a revision never changes but for whether it waits. */
export const useRevision = (network: string, number: number | undefined) =>
  useQuery({
    queryKey: [network, 'revision', number],
    queryFn: async () => ask<Revision & FileSet>(at(network, `revisions/${number}`)),
    enabled: number !== undefined && number > 0,
  });

/** What files would do; asked again whenever they are others. */
export const usePlan = (network: string, files: FileSet | undefined, revision: number) =>
  useQuery({
    queryKey: [network, 'plan', revision, files],
    queryFn: async ({ signal }) =>
      ask<PlanResult>(at(network, 'plan'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(files),
        signal,
      }),
    enabled: files !== undefined,
    gcTime: 0,
  });

interface Application {
  readonly files: FileSet;
  readonly base: Revision['id'];
  /** `hash` of the plan that was seen. */
  readonly plan: string;
  readonly why: string;
}

const reason = (why: string) => (why === '' ? {} : { why });

export const apply = async (network: string, { files, base, plan, why }: Application) =>
  send<Revision>(at(network, 'apply'), {
    ...{ entry: files.entry, files: files.files, base, plan, ...reason(why) },
  });

export const rollBack = async (network: string, number: number, plan: string, why: string) =>
  send<Revision>(at(network, `revisions/${number}/rollback`), { plan, ...reason(why) });

export const judge = async (network: string, number: number, how: 'approve' | 'reject') =>
  send<Revision>(at(network, `revisions/${number}/${how}`), {});
