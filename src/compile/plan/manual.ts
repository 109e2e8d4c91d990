import type { Route } from '#state';
import { manualRoutes, routeLine } from '../check/manual.ts';
import type { Model } from '../model.ts';

/** What a person has to type on one machine, in this order. */
export interface ManualChange {
  readonly host: string;
  readonly lines: readonly string[];
}

/** Routes of plain hosts that a person sets, as they change; hosts that leave are left alone. */
export function manualChanges(
  before: Model,
  after: Model,
  former: ReadonlyMap<string, string>,
): readonly ManualChange[] {
  const old = manualRoutes(before);
  const next = manualRoutes(after);
  const holders = new Set([...next.keys(), ...[...old.keys()].filter((h) => stays(after, h))]);
  return [...holders].flatMap((host) => {
    const lines = linesOf(old.get(former.get(host) ?? host) ?? [], next.get(host) ?? []);
    return lines.length > 0 ? [{ host, lines }] : [];
  });
}

/** A host that is there, though perhaps no longer with routes set by hand; or a site's router. */
const stays = (after: Model, holder: string): boolean =>
  after.hostsByName.has(holder) || after.sitesByName.has(holder.replace(/^the router of /, ''));

function linesOf(old: readonly Route[], next: readonly Route[]): readonly string[] {
  const kept = new Set(next.map(({ prefix }) => prefix));
  const had = new Set(old.map(routeLine));
  return [
    ...old
      .filter(({ prefix }) => !kept.has(prefix))
      .map(({ prefix, via }) => `ip route del ${prefix} via ${via}`),
    ...next.map(routeLine).filter((line) => !had.has(line)),
  ];
}
