import type { MachineStatus, MonitorState, TunnelState, TunnelStatus } from '#api';
import { now } from './clock.ts';

/** How much something matters, the worst first. untold: nobody tells how it is; idle: it is not there yet. */
export const moods = ['bad', 'warn', 'untold', 'idle', 'good'] as const;
export type Mood = (typeof moods)[number];

/** The most that matters among several; good where there are none. */
export const worstOf = (some: readonly Mood[]): Mood =>
  moods.find((mood) => some.includes(mood)) ?? 'good';

/** Of what is drawn as one: where some are up, those that are not there yet, and of which nobody tells, are the lesser news. */
export function moodOfMany(some: readonly Mood[]): Mood {
  const told = some.filter((mood) => mood !== 'untold' && mood !== 'idle');
  return worstOf(told.length > 0 ? told : some);
}

export const moodOfTunnel: Readonly<Record<TunnelState, Mood>> = {
  misconfigured: 'bad',
  down: 'bad',
  stale: 'warn',
  degraded: 'warn',
  never: 'idle',
  invited: 'idle',
  unknown: 'untold',
  up: 'good',
};

/** The worst first. */
export const states = Object.keys(moodOfTunnel) as readonly TunnelState[];

/** A state of a tunnel in a sentence. */
export const wordOfTunnel = (state: TunnelState): string =>
  state === 'never' ? 'not up yet' : state;

/** The states that tunnels of a mood are in. */
export const statesIn = (mood: Mood): string =>
  states
    .filter((state) => moodOfTunnel[state] === mood)
    .map(wordOfTunnel)
    .join(' or ');

export const moodOfMonitor: Readonly<Record<MonitorState, Mood>> = {
  down: 'bad',
  busy: 'warn',
  degraded: 'warn',
  unknown: 'untold',
  up: 'good',
};

/** What a machine is, in the words of `hawser status`. */
export function presenceOf({ enrolment, connected, ...member }: MachineStatus): {
  readonly word: string;
  readonly mood: Mood;
} {
  if (member.cutOff === 'expired') return { word: 'expired', mood: 'idle' };
  if (member.cutOff) return { word: 'suspended', mood: 'warn' };
  if (member.invited !== undefined && !member.hasKey) return { word: 'invited', mood: 'idle' };
  if (enrolment === 'unmanaged') {
    return { word: member.hasKey === false ? 'has no key' : 'not ours to run', mood: 'idle' };
  }
  if (enrolment === 'file') return { word: 'has not joined', mood: 'idle' };
  if (enrolment === 'pending') return { word: 'waits for approval', mood: 'warn' };
  return connected ? { word: 'connected', mood: 'good' } : { word: 'away', mood: 'bad' };
}

const count = (number: number, unit: string): string =>
  `${number} ${unit}${unit.length > 3 && number !== 1 ? 's' : ''}`;

/** `3 s`, `5 min`, `2 h`, `4 days`. */
export function duration(seconds: number): string {
  if (seconds < 120) return count(Math.round(seconds), 's');
  if (seconds < 7200) return count(Math.round(seconds / 60), 'min');
  if (seconds < 172_800) return count(Math.round(seconds / 3600), 'h');
  return count(Math.round(seconds / 86_400), 'day');
}

/** Before now, by the server's clock; never in time to come. */
export const ago = (time: string): string =>
  `${duration(Math.max(0, (now() - Date.parse(time)) / 1000))} ago`;

/** What Swedish calls a date is `2026-12-04 16:49:51`, which no two countries read differently. */
const unmistakable = 'sv';

/** By the clock of whoever reads; `at`: as the server writes it, or ms since 1970. */
export const timeOf = (at: string | number): string => new Date(at).toLocaleString(unmistakable);

/** A sentence of the server with its times as people here read them. */
export const readable = (text: string): string => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, timeOf);

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `12.3 MB`, by thousands; a dash where nothing is known. */
export function bytes(number: number | undefined): string {
  if (number === undefined) return '–';
  const power = Math.min(Math.floor(Math.log10(Math.max(number, 1)) / 3), units.length - 1);
  const value = number / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** Of bytes a second. */
export const rate = (number: number | undefined): string =>
  number === undefined ? '–' : `${bytes(number)}/s`;

/** Bytes from the first end to the second, by whichever end tells. */
export const sent = ({ ends: [a, b] }: TunnelStatus): number | undefined =>
  a.sample?.tx ?? b.sample?.rx;
export const received = ({ ends: [a, b] }: TunnelStatus): number | undefined =>
  b.sample?.tx ?? a.sample?.rx;

/** Seconds since the last handshake that an end tells of. */
export function handshakeOf({ ends }: TunnelStatus): number | undefined {
  const known = ends.flatMap(({ sample }) => sample?.handshake ?? []);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Round trips in milliseconds, by whichever end asks. */
export function roundTripOf({ ends }: TunnelStatus): number | undefined {
  const known = ends.flatMap(({ sample }) => sample?.probe?.rtt ?? []);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Share of packets that do not come back, by whichever end asks. */
export function lossOf({ ends }: TunnelStatus): number | undefined {
  const known = ends.flatMap(({ sample }) => sample?.probe?.loss ?? []);
  return known.length === 0 ? undefined : Math.max(...known);
}

export const milliseconds = (ms: number | undefined): string =>
  ms === undefined ? '–' : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

export const percent = (share: number | undefined): string =>
  share === undefined ? '–' : `${Math.round(share * 100)} %`;

export const plural = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;
