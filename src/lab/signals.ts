import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Whoever interrupts a lab while it is built finds nothing of it. The work is ended by the first undo,
 * and what it still left while it came to its end is taken away by the second. `release` lets signals
 * be; once one came it never gives back, since the process is about to end.
 *
 * The handler stays in place until then: a terminal's library ends the process by the same signal as
 * soon as it finds nobody else listening, and one that is added with `once` is gone when it is called.
 */
export function undoOnSignal(
  work: Promise<unknown>,
  undo: () => Promise<void>,
): { readonly release: () => Promise<void> } {
  let interrupted: Promise<void> | undefined;
  const unwind = async (signal: NodeJS.Signals): Promise<void> => {
    try {
      await undo();
      await Promise.allSettled([work]);
      await undo();
    } finally {
      process.exit(128 + constants.signals[signal]);
    }
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    interrupted ??= unwind(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    async release() {
      await interrupted;
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
