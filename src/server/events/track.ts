import type { EventKind } from '#api';

/** What a tunnel, service or machine may be told to have become. */
export type Condition = Extract<
  EventKind,
  'up' | 'degraded' | 'down' | 'away' | 'back' | 'failing' | 'well'
>;

export interface Track {
  /** What was told last; undefined: nothing yet. */
  readonly told: Condition | undefined;
  /** What it seems to be now, and since when, in ms of any steady clock. */
  readonly seems?: { readonly condition: Condition; readonly since: number };
  /** ms that it has to be so before it is told: more for what changes again and again. */
  readonly hold: number;
  readonly toldAt: number;
}

/** ms. */
export interface Holds {
  /** For the first word, where nothing was told yet. */
  readonly first: number;
  readonly least: number;
  readonly most: number;
  /** What was quiet for so long is believed as fast as at first. */
  readonly calm: number;
  /** This word is not told before, however calm it was. */
  readonly word?: number;
}

export const begun = (told: Condition | undefined, { least }: Holds): Track => ({
  ...{ told, hold: least, toldAt: Number.NEGATIVE_INFINITY },
});

/**
 * What becomes of a track when something is seen to be so; undefined: nobody knows, which changes nothing. What flaps is
 * told ever more seldom. Pure.
 */
export function followed(
  track: Track,
  seen: Condition | undefined,
  now: number,
  holds: Holds,
): { readonly track: Track; readonly news: boolean } {
  const { seems: before, ...rest } = track;
  if (seen === undefined || seen === track.told) return { track: rest, news: false };
  const seems = before?.condition === seen ? before : { condition: seen, since: now };
  const isCalm = now - track.toldAt > holds.calm;
  const hold = isCalm ? holds.least : track.hold;
  const usual = track.told === undefined ? holds.first : hold;
  if (now - seems.since < Math.max(usual, holds.word ?? 0)) {
    return { track: { ...rest, seems }, news: false };
  }
  const next = isCalm ? holds.least : Math.min(2 * hold, holds.most);
  return { track: { told: seen, hold: next, toldAt: now }, news: true };
}
