import type { Model } from '../model.ts';

/** Names of machines and hosts of a network. */
export const everyName = (model: Model): readonly string[] =>
  [...model.nodesByName.keys(), ...model.hostsByName.keys()].sort();

/** What machines of the new network were called in the old one: their own name, or `was`. */
export function formerNames(before: Model, after: Model): ReadonlyMap<string, string> {
  const known = new Set(everyName(before));
  const was = (name: string): string | undefined =>
    (after.nodesByName.get(name)?.machine ?? after.hostsByName.get(name))?.was;
  return new Map(
    everyName(after).flatMap((name) => {
      const former = known.has(name) ? name : was(name);
      return former !== undefined && known.has(former) ? [[name, former] as const] : [];
    }),
  );
}
