import { cliErrors } from './errors.ts';

const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** Milliseconds of `90s`, `30m`, `12h`, `7d` or `2w`; undefined if it is none. */
export function durationOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * units[match[2] as keyof typeof units] * 1000;
}

/** RFC 3339 of a time that is written out, or of a duration from now: back with -1, ahead with 1. @throws cli/bad-time */
export function momentOf(text: string, direction: -1 | 1, now = Date.now()): string {
  const duration = durationOf(text);
  const moment = duration === undefined ? Date.parse(text) : now + direction * duration;
  const written = duration !== undefined || /^\d{4}-\d\d-\d\d/.test(text);
  const date = new Date(moment);
  if (written && !Number.isNaN(date.getTime())) return date.toISOString();
  throw cliErrors.error('cli/bad-time', { text }, { text });
}

/** RFC 3339 of the end of something that begins now. @throws cli/bad-time, cli/ended-already */
export function endOf(text: string, now = Date.now()): string {
  return yetToCome(momentOf(text, 1, now), text, now);
}

/** @throws cli/ended-already of what was written */
function yetToCome(end: string, text: string, now: number): string {
  if (Date.parse(end) > now) return end;
  throw cliErrors.error('cli/ended-already', { text }, { text });
}

/**
 * RFC 3339 of the end of a member: a day that is written out belongs to it, as in the file.
 * @throws cli/bad-time, cli/ended-already
 */
export function lastMomentOf(text: string, now = Date.now()): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return endOf(text, now);
  // 31 February is no day of March.
  const isDay = momentOf(text, 1, now).startsWith(text);
  if (!isDay) throw cliErrors.error('cli/bad-time', { text }, { text });
  return yetToCome(momentOf(`${text}T24:00:00Z`, 1, now), text, now);
}

/** `12 s ago`, `in 3 h`: the largest unit that leaves two or more. */
export function fromNow(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const words = inWords(Math.abs(seconds));
  return seconds > 0 ? `in ${words}` : `${words} ago`;
}

function inWords(seconds: number): string {
  if (seconds < 2 * units.m) return `${Math.round(seconds)} s`;
  if (seconds < 2 * units.h) return `${Math.round(seconds / units.m)} min`;
  if (seconds < 2 * units.d) return `${Math.round(seconds / units.h)} h`;
  return `${Math.round(seconds / units.d)} d`;
}
