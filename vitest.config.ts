import './src/main/check-node.ts';
import { defineConfig } from 'vitest/config';
import { ClosingReporter } from './tests/support/reporter.ts';
import { LongestFirst } from './tests/support/sequencer.ts';

/** Servers that listen, databases of their own, and browsers that look at them. */
const server = ['src/server/**/*.test.ts'];
/** Pure: nothing outside the process, but a few files and children. */
const pure = [
  'src/**/*.test.ts',
  'tests/model/**/*.test.ts',
  'tests/export/examples.test.ts',
  'tests/repository/architecture.test.ts',
  'tests/repository/dependencies.test.ts',
];
/** Compares the whole machine before and after: nothing but what is pure may run meanwhile. */
const alone = ['tests/lab/life.test.ts'];
/** Debian's own kernel, in an emulator that takes both processors: a run of its own, see scripts/test. */
const kernel = ['tests/kernel/**/*.test.ts'];
/**
 * Nothing here is a matter of moments: checkouts are set up, packages are built, labs are measured that wait for
 * WireGuard's own timers, and one machine after the other is brought to what it should be.
 */
const patient = [
  'tests/repository/**/*.test.ts',
  'tests/docs/**/*.test.ts',
  'tests/lab/{apply,causes,everything,examples,underlay}.test.ts',
  'tests/agent/{power-cut,repair}.test.ts',
  'src/host/linux.netns.test.ts',
];

/**
 * Six projects in five groups. `core` is pure, and `alone` runs beside it; together they take less than a minute. Then
 * come `server`, what is `patient`, and at last `machines`, which make tunnels, labs and servers, each test its own: all
 * of these wait much of their time, so that three files at a time keep two processors busy. A group with one worker
 * would come last, whatever its order. `kernel` runs where it is asked for.
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
          exclude: ['src/**/*.netns.test.ts', ...server],
          // Pure: nothing of one file is left for the next but what was loaded, which is a quarter of the time.
          isolate: false,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'server',
          include: server,
          // Each test closes what it opened, so that what was loaded serves the next file, as in `core`.
          isolate: false,
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'patient',
          include: patient,
          exclude: pure.slice(1),
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'machines',
          include: ['src/**/*.netns.test.ts', 'tests/**/*.test.ts'],
          exclude: [...pure.slice(1), ...alone, ...patient, ...kernel],
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'kernel',
          include: kernel,
          // One machine takes both processors.
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
