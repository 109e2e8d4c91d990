import { setTimeout as sleep } from 'node:timers/promises';
import { HawserError } from '#base';
import { tell } from '../output.ts';

/** ms between questions of who waits for something to come. */
export const pause = 1_000;

/** Whether a server could not be asked, which may pass. */
export const isAway = (error: unknown): error is HawserError =>
  error instanceof HawserError && error.code === 'cli/server-unreachable';

/** Asks a server that may be away for a while, until it answers. @throws what it answers with */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let told = false; ; told = true) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error)) throw error;
      if (!told) tell(`${error.message}; it is asked again`);
      await sleep(pause);
    }
  }
}
