import './src/main/check-node.ts';
import { defineConfig } from 'vitest/config';
import { ClosingReporter } from './tests/support/reporter.ts';

/**
 * Two projects: `core` is pure and quick; `real` makes namespaces, tunnels and processes, one file
 * at a time so that measurements and timeouts are not disturbed by a neighbour.
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
          include: ['src/**/*.test.ts'],
          exclude: ['src/**/*.netns.test.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: ['tests/**/*.test.ts', 'src/**/*.netns.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
