import './src/main/check-node.ts';
import { defineConfig } from 'vitest/config';
import { ClosingReporter } from './tests/support/reporter.ts';
import { LongestFirst } from './tests/support/sequencer.ts';

/** Pure: nothing outside the process. */
const pure = [
  'src/**/*.test.ts',
  'tests/model/**/*.test.ts',
  'tests/export/examples.test.ts',
  'tests/repository/architecture.test.ts',
  'tests/repository/dependencies.test.ts',
];
/** Compares the whole machine before and after: nothing else may run meanwhile. */
const alone = ['tests/lab/life.test.ts'];

/**
 * Three projects, one after the other: `core` is pure and quick; `machines` makes namespaces, tunnels,
 * labs and servers, each test its own, sets up checkouts and boots a kernel, two files at a time;
 * `alone` has the machine for itself.
 */
export default defineConfig({
  test: {
    cache: false,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new ClosingReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: 'core',
          include: pure,
          exclude: ['src/**/*.netns.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'machines',
          include: ['src/**/*.netns.test.ts', 'tests/**/*.test.ts'],
          exclude: [...pure.slice(1), ...alone],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
