/** ms: who lived for so long was well, and what happened before is forgotten. */
const goodLife = 60_000;

/** ms between the end of an agent and the next one; grows while they end early. */
const shortestPause = 500;
const longestPause = 30_000;

/** Ends in a row, each after a short life, that are no accident any more. */
const loop = 3;

/** Ends in a row, the last one counted, that came early; `lasted`: ms that the last life took. */
export const crashesAfter = (before: number, lasted: number): number =>
  lasted >= goodLife ? 1 : before + 1;

/** ms until the agent is started again. */
export const pauseAfter = (crashes: number): number =>
  Math.min(longestPause, shortestPause * 2 ** (crashes - 1));

/** Whether the agent ends again and again. */
export const isCrashLoop = (crashes: number): boolean => crashes >= loop;
