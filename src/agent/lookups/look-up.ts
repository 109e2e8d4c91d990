import type { HostState, Lookup } from '#state';
import type { Store } from '../store.ts';
import { type Answers, heard, type Known, nextLook, refusing, unknown } from './answers.ts';
import { askMachine } from './dns.ts';
import { type KnownHosts, lookupsIn } from './learned.ts';

/** What one look at a name leads to, and in how many ms the next is due unless it failed. */
export async function lookUp(
  ask: typeof askMachine,
  host: string,
  lookups: readonly Lookup[],
  before: Known,
): Promise<{ readonly known: Known; readonly next: number }> {
  const [v4, v6] = await Promise.all([
    lookups.some((one) => one.v4 !== undefined) ? ask(host, 4) : undefined,
    lookups.some((one) => one.v6 !== undefined) ? ask(host, 6) : undefined,
  ]);
  const answers: Answers = { ...(v4 && { 4: v4 }), ...(v6 && { 6: v6 }) };
  const now = Date.now();
  const never = refusing(lookups.flatMap((one) => one.never));
  const known = heard(before, answers, never, now);
  return { known, next: nextLook(known, answers, now) };
}

/** All names of a state, once; kept for the next time. */
export async function lookUpAll(state: HostState, store: Store): Promise<KnownHosts> {
  const wanted = Map.groupBy([...lookupsIn(state).values()].flat(), ({ host }) => host);
  const before = store.hosts(state.network);
  const found = await Promise.all(
    [...wanted].map(async ([host, lookups]) => {
      const { known } = await lookUp(askMachine, host, lookups, before.get(host) ?? unknown);
      return [host, known] as const;
    }),
  );
  const all = new Map(found);
  if (all.size > 0) store.keepHosts(state.network, all);
  return all;
}
