import type { Model } from '../model.ts';

/** A member whose end changes; RFC 3339 in UTC, absent: it has none. */
export interface EndChange {
  readonly machine: string;
  readonly before?: string;
  readonly after?: string;
}

/** Members that are cut off at another time than before; of machines that stay. */
export function endChanges(
  before: Model,
  after: Model,
  former: ReadonlyMap<string, string>,
): readonly EndChange[] {
  const ends = new Map(before.network.members.map(({ name, expires }) => [name, expires]));
  return after.network.members.flatMap(({ name, expires }): EndChange[] => {
    const old = ends.get(former.get(name) ?? '');
    if (!former.has(name) || old === expires) return [];
    return [
      {
        machine: name,
        ...(old !== undefined && { before: old }),
        ...(expires !== undefined && { after: expires }),
      },
    ];
  });
}

/** What that means, for people. */
export const endText = ({ machine, after }: EndChange): string =>
  after === undefined ? `${machine}: has no end any more` : `${machine}: is cut off at ${after}`;
