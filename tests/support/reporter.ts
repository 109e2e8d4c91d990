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
    const counts = count(modules);
    counts.failed += errors.length;
    const isEmpty = counts.passed + counts.failed === 0;
    const isIncomplete = process.env['HAWSER_TEST_ALL'] === '1' && counts.skipped > 0;
    if (isEmpty || isIncomplete || errors.length > 0) process.exitCode = 1;

    const suites = modules.flatMap((module) => [...module.children.allSuites()]);
    const notRun = suites.map(describeSkipped).filter((line) => line !== undefined);
    // At exit, since vitest goes on to print the failures' details after this.
    process.once('exit', () => {
      if (notRun.length > 0) console.log(`Not run here:\n${notRun.join('\n')}\n`);
      console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    });
  }
}
