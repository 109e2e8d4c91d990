import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until the answer is one; throws with what it waited for, and the last error,
 * when there is none after `timeout` milliseconds. `pause` milliseconds lie between two questions.
 */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  timeout = 20_000,
  pause = 50,
): Promise<T> {
  const end = performance.now() + timeout;
  let cause: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(pause);
  }
  throw new Error(`not within ${timeout} ms: ${what}`, { cause });
}
