/**
 * Commit-confirm (law 8), without input or output: which state a machine should hold, and when a new one
 * is kept or taken back. A state is confirmed by a connection that began after it was applied.
 */

/** A state as far as this decides about it. */
export interface Named {
  readonly hash: string;
}

/** A state that the machine is trying. */
interface Trial<S> {
  readonly state: S;
  /** Whether it changes the path to the server: only then is it taken back. */
  readonly touches: boolean;
  /** When it was applied: ms of a clock that never goes back. */
  readonly since: number;
}

export interface Commit<S extends Named> {
  readonly confirmed?: S;
  /** Confirmed before that; where a person may roll back to. */
  readonly previous?: S;
  readonly trial?: Trial<S>;
  /** Hashes of states that were taken back, oldest first: not tried again until a person acts. */
  readonly quarantined: readonly string[];
}

/** What was taken back long ago is not offered again. */
const mostQuarantined = 100;

export const noCommit: Commit<never> = { quarantined: [] };

/** What the machine should be now; undefined: nothing. */
export const held = <S extends Named>({ trial, confirmed }: Commit<S>): S | undefined =>
  trial?.state ?? confirmed;

export const isQuarantined = ({ quarantined }: Commit<Named>, { hash }: Named): boolean =>
  quarantined.includes(hash);

/** After a state was applied. The confirmed one needs no trial. */
export function tried<S extends Named>(
  { trial: _, ...commit }: Commit<S>,
  trial: Trial<S>,
): Commit<S> {
  return commit.confirmed?.hash === trial.state.hash
    ? { ...commit, confirmed: trial.state }
    : { ...commit, trial };
}

/** After a server answered on a connection that began at `began`. */
export function proven<S extends Named>(commit: Commit<S>, began: number): Commit<S> {
  const { trial, confirmed, previous: _, ...rest } = commit;
  if (!trial || began < trial.since) return commit;
  return { ...rest, confirmed: trial.state, ...(confirmed && { previous: confirmed }) };
}

/** When the trial is to be taken back unless it is proven; undefined: never. */
export const dueAt = ({ trial }: Commit<Named>, patience: number): number | undefined =>
  trial?.touches ? trial.since + patience : undefined;

const withQuarantined = <S extends Named>(commit: Commit<S>, { hash }: Named): Commit<S> => {
  const all = [...commit.quarantined.filter((other) => other !== hash), hash];
  return { ...commit, quarantined: all.slice(-mostQuarantined) };
};

/** Takes the trial back: what was confirmed last holds again. */
export function takenBack<S extends Named>(commit: Commit<S>): Commit<S> {
  const { trial, ...rest } = commit;
  return trial ? withQuarantined(rest, trial.state) : commit;
}

/** A person goes back: from a trial, else to what was confirmed before. Undefined: there is nothing. */
export function rolledBack<S extends Named>(commit: Commit<S>): Commit<S> | undefined {
  if (commit.trial) return takenBack(commit);
  const { confirmed, previous, ...rest } = commit;
  if (!confirmed || !previous) return undefined;
  return withQuarantined({ ...rest, confirmed: previous }, confirmed);
}

/** A person wants what was taken back to be tried again. */
export const released = <S extends Named>(commit: Commit<S>): Commit<S> => ({
  ...commit,
  quarantined: [],
});
