import type { Reporter, SerializedError, TestModule, TestSuite } from 'vitest/node';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Failures outside any test: a file that does not load, a hook that throws. */
const brokenParts = (module: TestModule): number =>
  [module, ...module.children.allSuites()].filter((part) => part.errors().length > 0).length;

function count(modules: readonly TestModule[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    counts.failed += brokenParts(module);
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      counts[state === 'pending' ? 'skipped' : state] += 1;
    }
  }
  return counts;
}

function describeSkipped(suite: TestSuite): string | undefined {
  const { unmet } = suite.meta();
  if (!unmet) return undefined;
  return `  ${suite.module.relativeModuleId} > ${suite.fullName}\n    ${unmet.reason}; to run it: ${unmet.remedy}`;
}

/**
 * The end of a test run: the suites that did not run here, why and what would change that, and a
 * last line in plain form, `N passed, N failed, N skipped`. A run without a single executed test
 * is a failure; with HAWSER_TEST_ALL=1 so is a skipped one.
 */
export class ClosingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const suites = modules.flatMap((module) => [...module.children.allSuites()]);
    const skipped = suites.map(describeSkipped).filter((line) => line !== undefined);
    if (skipped.length > 0) console.log(`Not run here:\n${skipped.join('\n')}\n`);

    const { passed, failed, skipped: left } = count(modules);
    const isEmpty = passed + failed === 0;
    const isIncomplete = process.env['HAWSER_TEST_ALL'] === '1' && left > 0;
    if (isEmpty || isIncomplete || errors.length > 0) process.exitCode = 1;
    console.log(`${passed} passed, ${failed + errors.length} failed, ${left} skipped`);
  }
}
