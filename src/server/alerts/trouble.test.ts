import { expect, test } from 'vitest';
import type { EventKind, NetworkEvent } from '#api';
import type { Still } from './still.ts';
import { happened, settled, subjectOf, type Trouble } from './trouble.ts';

const event = (seconds: number, kind: EventKind, more: Partial<NetworkEvent> = {}) => ({
  ...{ seq: seconds, at: new Date(seconds * 1000).toISOString(), kind },
  ...{ machine: 'a', other: 'b', text: `a and b: ${kind}`, ...more },
});

interface Quiet {
  readonly from: number;
  readonly to: number;
}

interface Course {
  readonly quiet?: Quiet;
  readonly gone?: number;
  /** Whether it is still so, at each second. */
  readonly still?: (second: number) => Still;
}

/** What is told, second by second, while these events happen. */
function toldOf(
  events: readonly NetworkEvent[],
  lasts: number,
  { quiet, gone = Infinity, still }: Course = {},
): readonly string[] {
  const told: string[] = [];
  let trouble: Trouble | undefined;
  const take = (second: number, outcome: ReturnType<typeof settled>): void => {
    trouble = outcome.trouble;
    if (outcome.told) told.push(`${second} ${outcome.told.is} ${outcome.told.severity}`);
  };
  for (let second = 0; second <= lasts; second++) {
    const isSilenced = quiet !== undefined && quiet.from <= second && second < quiet.to;
    for (const one of events.filter(({ seq }) => seq === second)) {
      take(second, happened(trouble, one, isSilenced));
    }
    const now = new Date(second * 1000);
    const around = { now, isSilenced, exists: second < gone, still: still?.(second) };
    if (trouble) take(second, settled(trouble, around));
  }
  return told;
}

test.each<[string, readonly NetworkEvent[], readonly string[]]>([
  ['what is down is told after 10 s', [event(5, 'down')], ['15 firing critical']],
  ['what is over before that is not', [event(5, 'down'), event(9, 'up')], []],
  [
    'what is well again is told when it has been so for 5 min',
    [event(0, 'down'), event(60, 'up')],
    ['10 firing critical', '360 resolved critical'],
  ],
  [
    'what becomes worse is told again',
    [event(0, 'degraded'), event(100, 'down'), event(200, 'degraded'), event(300, 'down')],
    ['10 firing warning', '100 firing critical'],
  ],
  [
    'what a machine fails at is told until it is well',
    [event(0, 'failing'), event(60, 'well')],
    ['10 firing critical', '360 resolved critical'],
  ],
  [
    'a link that flaps is one alert',
    Array.from({ length: 60 }, (_, n) => event(n * 8, n % 2 ? 'up' : 'down')),
    ['16 firing critical', '772 resolved critical'],
  ],
  [
    'what people do is told each time',
    [event(0, 'apply'), event(1, 'apply')],
    ['0 once info', '1 once info'],
  ],
  [
    'what happens again and again is told together',
    Array.from({ length: 100 }, (_, n) => event(n, 'drift')),
    ['0 once warning', '300 once warning'],
  ],
])('%s', (_, events, told) => {
  expect(toldOf(events, 1000)).toEqual(told);
});

test('what is silenced is told when that is over, if it is still so', () => {
  const quiet = { from: 0, to: 100 };
  expect(toldOf([event(5, 'down')], 1000, { quiet })).toEqual(['100 firing critical']);
  expect(toldOf([event(5, 'down'), event(50, 'up')], 1000, { quiet })).toEqual([]);
  expect(
    toldOf([event(0, 'down'), event(70, 'up')], 1000, { quiet: { from: 50, to: 900 } }),
  ).toEqual(['10 firing critical', '370 resolved critical']);
});

const comesAgain = (from: number, to: number): readonly NetworkEvent[] =>
  Array.from({ length: Math.floor((to - from) / 350) + 1 }, (_, n) =>
    event(from + n * 350, 'clone'),
  );

test('a clone is told at once, once, and is over when it has come no more for 15 min', () => {
  expect(toldOf(comesAgain(5, 3505), 6000)).toEqual([
    '5 firing critical',
    '4405 resolved critical',
  ]);
});

test('a clone that is silenced is told after that, if it still comes', () => {
  expect(toldOf(comesAgain(5, 3505), 6000, { quiet: { from: 0, to: 2000 } })).toEqual([
    '2000 firing critical',
    '4405 resolved critical',
  ]);
  expect(toldOf(comesAgain(5, 355), 6000, { quiet: { from: 0, to: 2000 } })).toEqual([]);
});

test.each(['conflict', 'drift'] as const)('a %s while that was silenced', (kind) => {
  const quiet = { from: 0, to: 1000 };
  const bad = kind === 'conflict' ? 'critical' : 'warning';
  const so = { text: 'it is still so' };
  const twice = [event(5, kind), event(500, kind)];
  const told = (course: Course, events = twice) => toldOf(events, 3000, { quiet, ...course });
  // It is told once, when that is over, if it is still so.
  expect(told({ still: () => so })).toEqual([`1000 once ${bad}`]);
  expect(told({ still: () => 'over' })).toEqual([]);
  // Of a machine that is away that is known when it is back.
  expect(told({ still: (second) => (second < 2000 ? undefined : so) })).toEqual([
    `2000 once ${bad}`,
  ]);
  expect(told({ still: (second) => (second < 2000 ? undefined : 'over') })).toEqual([]);
  expect(told({ still: () => so, gone: 900 })).toEqual([]);
  // Just now its machine may not have said so elsewhere.
  const late = [event(999, kind)];
  expect(told({ still: (second) => (second < 1003 ? 'over' : so) }, late)).toEqual([
    `1003 once ${bad}`,
  ]);
  // And what happens again after that is told together, as ever.
  expect(told({ still: () => so }, [event(5, kind), event(1100, kind)])).toEqual([
    `1000 once ${bad}`,
    `1300 once ${bad}`,
  ]);
});

test('what happened again before that was silenced is told after it', () => {
  const events = [event(0, 'drift'), event(10, 'drift')];
  expect(toldOf(events, 3000, { quiet: { from: 20, to: 900 } })).toEqual([
    '0 once warning',
    '900 once warning',
  ]);
});

test('a login that failed while that was silenced is over', () => {
  const quiet = { from: 0, to: 100 };
  expect(toldOf([event(5, 'login-failed')], 1000, { quiet })).toEqual([]);
});

test('what is no part of the network any more is over', () => {
  expect(toldOf([event(0, 'down')], 1000, { gone: 40 })).toEqual([
    '10 firing critical',
    '40 resolved critical',
  ]);
});

test('a tunnel, an agent and a service are things of their own', () => {
  const subjects = [
    subjectOf(event(0, 'down')),
    subjectOf({ kind: 'away', machine: 'a' }),
    subjectOf({ kind: 'down', service: 'a' }),
    subjectOf({ kind: 'drift', machine: 'a' }),
    subjectOf({ kind: 'failing', machine: 'a' }),
  ];
  expect(new Set(subjects).size).toBe(5);
  expect(subjectOf({ kind: 'up', machine: 'b', other: 'a' })).toBe(subjects[0]);
  expect(subjectOf({ kind: 'well', machine: 'a' })).toBe(subjects[4]);
  expect(subjectOf({ kind: 'back', machine: 'a' })).toBe(subjects[1]);
});
