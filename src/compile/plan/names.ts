import type { Model } from '../model.ts';

/** Names of machines and hosts of a network. */
export const everyName = (model: Model): readonly string[] =>
  [...model.nodesByName.keys(), ...model.hostsByName.keys()].sort();

const wasOf = (model: Model, name: string): string | undefined =>
  (model.nodesByName.get(name)?.machine ?? model.hostsByName.get(name))?.was;

/** Machines of the old network that it had named anew, and that have their former name again, by that. */
function takenBack(before: Model, after: Model): ReadonlyMap<string, string> {
  const there = new Set(everyName(after));
  return new Map(
    everyName(before).flatMap((name) => {
      const was = wasOf(before, name);
      return was === undefined || there.has(name) ? [] : [[was, name] as const];
    }),
  );
}

/**
 * What machines of the new network were called in the old one: their own name, or `was`, or what the old one
 * called them where it is the old one that says `was`.
 */
export function formerNames(before: Model, after: Model): ReadonlyMap<string, string> {
  const known = new Set(everyName(before));
  const back = takenBack(before, after);
  return new Map(
    everyName(after).flatMap((name) => {
      const former = [name, wasOf(after, name), back.get(name)].find(
        (one) => one !== undefined && known.has(one),
      );
      return former === undefined ? [] : [[name, former] as const];
    }),
  );
}
