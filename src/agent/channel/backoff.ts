/** ms between attempts, and what it grows to; seconds matter while a change waits for confirmation. */
const shortest = 200;
const longest = 30_000;
const longestInHurry = 1_000;

/** So that a pause is shorter than two thirds of the time that the servers have been away, about. */
const growth = 1.3;

/** What happened so far. */
export interface Attempts {
  /** In a row. */
  readonly failures: number;
  /** Servers that are tried in turn: the pause grows by the round, not by the server. */
  readonly servers: number;
  /** Whether much hangs on a connection. */
  readonly hurry: boolean;
}

/** ms until a connection must stand, and what that grows to: a network may be slow for all who come at once. */
const firstPatience = 5_000;
const mostPatience = 15_000;
const patienceGrowth = 1.5;

const roundsOf = ({ failures, servers }: Pick<Attempts, 'failures' | 'servers'>): number =>
  Math.ceil(failures / servers);

/** ms that an attempt may take, after so many that failed. */
export const patienceFor = (attempts: Pick<Attempts, 'failures' | 'servers'>): number =>
  Math.min(mostPatience, firstPatience * patienceGrowth ** roundsOf(attempts));

/**
 * ms until the next attempt. Random within its bounds, so that many agents that lost one server do not
 * come back all at once. `chance`: from 0 to 1.
 */
export function backoff(attempts: Attempts, chance: number): number {
  const limit = attempts.hurry ? longestInHurry : longest;
  const most = Math.min(limit, 2 * shortest * growth ** roundsOf(attempts));
  return shortest + chance * (most - shortest);
}
