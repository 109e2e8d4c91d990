/** ms: a server that says a longer time is not believed. */
const longest = 60_000;

/**
 * ms until a machine proves a state that nothing hangs on, random so that not all of a change come back at once.
 * `own`: the least time over which they are spread; `told`: what the server wishes that told them. `chance`: from
 * 0 to 1.
 */
export const proofDelay = (own: number, told: number, chance = Math.random()): number =>
  chance * Math.max(own, Math.min(told, longest));
