import { expect, test } from 'vitest';
import type { Measured } from '../station/protocol.ts';
import { paceAgain } from './measure.ts';

const answered = (ms: number): Measured => ({ id: `${ms}`, outcome: 'answered', ms });

test('a slow machine is asked again with less at once and more time', () => {
  const quick = paceAgain([answered(3), { id: 'lost', outcome: 'silent', ms: 1500 }]);
  const slow = paceAgain([answered(3), answered(900)]);
  expect(slow.timeoutMs).toBeGreaterThan(quick.timeoutMs);
  expect(slow.stationsAtOnce).toBeLessThan(quick.stationsAtOnce);
  expect(paceAgain([])).toEqual(quick);
});
