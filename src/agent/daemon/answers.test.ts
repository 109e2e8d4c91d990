import { expect, test } from 'vitest';
import { Answers } from './answers.ts';

const every = 800;

/** Probes one after another, each answered after so many ms or never; gives what is known a moment later. */
function after(times: readonly (number | undefined)[], large: readonly boolean[] = []) {
  const answers = new Answers(1_200);
  let now = 0;
  times.forEach((rtt, number) => {
    now = number * every;
    answers.asked(number, now);
    if (rtt !== undefined) answers.heard(number, now + rtt);
  });
  large.forEach((comesBack, index) => {
    answers.asked(1_000 + index, now, 'large');
    if (comesBack) answers.heard(1_000 + index, now + 1);
  });
  return { answers, now: now + 1_300 };
}
const sampleOf = ({ answers, now }: ReturnType<typeof after>) => answers.sample(now, 1408);
const levelOf = ({ answers, now }: ReturnType<typeof after>) => answers.level(now);
const times = (count: number, rtt: number | undefined) => Array.from({ length: count }, () => rtt);

test('nothing is known until an answer came, or should have', () => {
  const answers = new Answers(1_200);
  answers.asked(1, 0);
  expect(answers.sample(1_000, 1408)).toBeUndefined();
  expect(answers.sample(1_200, 1408)).toEqual({ loss: 1 });
});

test('the median of the last twenty is told, whatever came before', () => {
  const known = after([...times(20, 500), ...times(11, 30), ...times(9, 90)]);
  expect(sampleOf(known)).toMatchObject({ rtt: 30, loss: 0, answered: 1 });
});

test('what is usual is told when there were enough to know it', () => {
  expect(sampleOf(after([1, ...times(298, 100)]))).not.toHaveProperty('usual');
  expect(sampleOf(after([1, ...times(299, 101)]))?.usual).toBeCloseTo(100.667);
});

test('three in a row without an answer are told at once, and the first that is answered too', () => {
  expect(levelOf(after([...times(20, 5), undefined, undefined]))).toBe('answers');
  const silent = after([...times(20, 5), undefined, undefined, undefined]);
  expect(levelOf(silent)).toBe('answers mute lossy');
  expect(sampleOf(silent)).toMatchObject({ mute: true, answered: 4 });
  silent.answers.asked(99, silent.now);
  silent.answers.heard(99, silent.now + 5);
  // What was lost meanwhile is over.
  expect(silent.answers.sample(silent.now + 5, 1408)).toMatchObject({ loss: 0, answered: 0 });
  expect(silent.answers.level(silent.now + 5)).toBe('answers');
});

test('what was sent before the tunnel stood was not lost on it', () => {
  expect(sampleOf(after([undefined, undefined, undefined, 7]))).toEqual({
    ...{ loss: 0, rtt: 7, answered: 1 },
  });
});

test('one that is lost of few is no more than one of many', () => {
  expect(sampleOf(after([5, 5, undefined, 5]))?.loss).toBe(0.1);
});

test('a tunnel is lossy from three lost of twenty on, until fewer than two are', () => {
  const known = after([...times(17, 5), undefined, 5, undefined, 5, undefined, 5]);
  expect(levelOf(known)).toContain('lossy');
  for (let number = 100; number < 116; number++) {
    known.answers.asked(number, known.now);
    known.answers.heard(number, known.now + 5);
  }
  expect(levelOf(known)).toContain('lossy');
  known.answers.asked(200, known.now);
  known.answers.heard(200, known.now + 5);
  expect(levelOf(known)).not.toContain('lossy');
});

test('an answer that comes late is one after all, once', () => {
  const { answers, now } = after([5, 5, undefined]);
  expect(answers.sample(now, 1408)?.loss).toBe(0.1);
  answers.heard(2, now);
  answers.heard(2, now + 900);
  answers.heard(77, now);
  expect(answers.sample(now, 1408)).toMatchObject({ loss: 0 });
});

test('large ones that get lost while small ones come back are a hole', () => {
  expect(sampleOf(after(times(9, 5), [false, false, false]))).toMatchObject({ hole: 1408 });
  expect(sampleOf(after(times(9, 5), [false, false]))).not.toHaveProperty('hole');
  expect(sampleOf(after(times(9, 5), [false, false, false, true]))).not.toHaveProperty('hole');
  expect(sampleOf(after(times(9, undefined), [false, false, false]))).not.toHaveProperty('hole');
});
