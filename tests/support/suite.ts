import { describe, test } from 'vitest';
import { firstUnmet, type Need, type Unmet } from './needs.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Set on a suite that does not run here; the reporter lists it at the end. */
    unmet?: Unmet;
  }
}

export interface SuiteInit {
  readonly needs: readonly Need[];
}

/**
 * A suite that needs more than an ordinary machine. Where a need is not met its tests are skipped
 * and the suite is listed at the end of the run, with the reason and the remedy; with
 * HAWSER_TEST_ALL=1, where nothing may be skipped, it fails instead.
 */
export function suite(name: string, { needs }: SuiteInit, body: () => void): void {
  const unmet = firstUnmet(needs);
  if (!unmet) {
    describe(name, body);
  } else if (process.env['HAWSER_TEST_ALL'] === '1') {
    describe(name, () => {
      test('has what it needs', () => {
        throw new Error(`${unmet.reason} (${unmet.remedy})`);
      });
    });
  } else {
    describe(name, { skip: true, meta: { unmet } }, body);
  }
}
