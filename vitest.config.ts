import './src/main/check-node.ts';
import { defineConfig } from 'vitest/config';
import { ClosingReporter } from './tests/support/reporter.ts';

/** Pure: nothing outside the process. */
const pure = [
  'src/**/*.test.ts',
  'tests/model/**/*.test.ts',
  'tests/export/examples.test.ts',
  'tests/repository/architecture.test.ts',
  'tests/repository/dependencies.test.ts',
];
/** Each test on machines of its own: namespaces that have no name outside, a kernel, a bare Debian. */
const machines = [
  'src/**/*.netns.test.ts',
  'tests/agent/**/*.test.ts',
  'tests/export/**/*.test.ts',
  'tests/kernel/**/*.test.ts',
  'tests/repository/**/*.test.ts',
];

/**
 * Three projects, one after the other: `core` is pure and quick; `machines` makes namespaces and
 * tunnels, sets up checkouts and boots a kernel, two files at a time; `real` builds whole labs and
 * runs servers, one file at a time, so that its measurements are not disturbed by a neighbour.
 */
export default defineConfig({
  test: {
    cache: false,
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
          include: machines,
          exclude: pure.slice(1),
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: ['tests/**/*.test.ts'],
          exclude: [...pure, ...machines],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
