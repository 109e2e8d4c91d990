import { expect, test } from 'vitest';
import { endOf, momentOf, wordsOfEnd } from '../../web/pages/members/ends.ts';

test.each([
  [undefined, '', ''],
  ['2030-02-01T00:00:00.000Z', '2030-01-31', ''],
  ['2030-01-31T16:30:00.000Z', '2030-01-31', '16:30'],
  ['2030-01-31T00:01:00.000Z', '2030-01-31', '00:01'],
  ['2030-01-31T23:59:59.000Z', '2030-01-31', '23:59:59'],
])('the end of a member is the same when nobody changed it: %s', (moment, day, time) => {
  expect(endOf(moment)).toEqual({ day, time });
  expect(momentOf({ day, time })).toBe(moment);
  // Whoever ends with a day has it whole, and is not said to have the next.
  expect(wordsOfEnd(moment)).toBe(time === '' ? day : `${day} ${time}`);
});
