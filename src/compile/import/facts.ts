import { adoptedPair } from '#state';
import { emptyFacts, type Facts } from '../inputs.ts';
import type { Machine } from './machines.ts';

/** Pairs of which a file says whether they have a preshared key; that of one end is that of both. */
function adoptedOf(machines: readonly Machine[]): Readonly<Record<string, boolean>> {
  const pairs = new Map<string, boolean>();
  for (const { key, seen } of machines) {
    for (const { by, view } of seen) {
      if (key === undefined || by.key === undefined || view.isPreshared === undefined) continue;
      const pair = adoptedPair(key, by.key);
      pairs.set(pair, view.isPreshared || pairs.get(pair) === true);
    }
  }
  return Object.fromEntries(pairs);
}

/** What the files say that is no part of the network's own file: public keys, and who has a preshared one. */
export function factsOf(machines: readonly Machine[]): Facts {
  const adopted = adoptedOf(machines);
  const keys = machines.flatMap(({ name, key }) =>
    key === undefined ? [] : [[name, { '0': key }] as const],
  );
  return {
    ...emptyFacts,
    keys: Object.fromEntries(keys),
    ...(Object.keys(adopted).length > 0 && { adopted }),
  };
}
