import { HawserError } from '#base';

/** The coded error that a call throws, for tests. */
export function errorOf(run: () => unknown): HawserError {
  try {
    run();
  } catch (error) {
    if (error instanceof HawserError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
