/**
 * Commit-confirm (law 8), without input or output: which state a machine should hold, and when a new one
 * is kept or taken back. A state is confirmed by a connection that began after it was applied.
 */

/** A state as far as this decides about it. */
export interface Named {
  readonly hash: string;
  /** The newest act of a person that it rests on; undefined: its server does not say. */
  readonly act?: string;
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
  /** Confirmed before the last act of a person changed the machine: where one on it may roll back to. */
  readonly previous?: S;
  readonly trial?: Trial<S>;
  /** Hashes of states that were taken back, oldest first: not tried again until a person acts. */
  readonly quarantined: readonly string[];
  /** The act that was taken back: no state that rests on it is tried, whatever was learned since. */
  readonly undone?: string;
}

/** What was taken back long ago is not offered again. */
const mostQuarantined = 100;

export const noCommit: Commit<never> = { quarantined: [] };

/** What the machine should be now; undefined: nothing. */
export const held = <S extends Named>({ trial, confirmed }: Commit<S>): S | undefined =>
  trial?.state ?? confirmed;

export const isQuarantined = (
  { quarantined, undone }: Commit<Named>,
  { hash, act }: Named,
): boolean => quarantined.includes(hash) || (undone !== undefined && act === undone);

/** Whether nothing but what was learned lies between two states. */
const isOfOneAct = (a: Named | undefined, b: Named): boolean =>
  b.act !== undefined && a?.act === b.act;

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
  const { trial, confirmed, previous, ...rest } = commit;
  if (!trial || began < trial.since) return commit;
  const before = isOfOneAct(confirmed, trial.state) ? previous : confirmed;
  return { ...rest, confirmed: trial.state, ...(before && { previous: before }) };
}

/** When the trial is to be taken back unless it is proven; undefined: never. */
export const dueAt = ({ trial }: Commit<Named>, patience: number): number | undefined =>
  trial?.touches ? trial.since + patience : undefined;

/** Without a state, and without its act unless what holds then rests on that, too. */
const without = <S extends Named>(commit: Commit<S>, { hash, act }: Named): Commit<S> => {
  const all = [...commit.quarantined.filter((other) => other !== hash), hash];
  const isUndone = act !== undefined && act !== commit.confirmed?.act;
  return { ...commit, quarantined: all.slice(-mostQuarantined), ...(isUndone && { undone: act }) };
};

/** Takes the trial back: what was confirmed last holds again. */
export function takenBack<S extends Named>(commit: Commit<S>): Commit<S> {
  const { trial, ...rest } = commit;
  return trial ? without(rest, trial.state) : commit;
}

/** A person goes back to what was before the last act of a person. Undefined: there is nothing. */
export function rolledBack<S extends Named>(commit: Commit<S>): Commit<S> | undefined {
  const { trial, confirmed, previous, ...rest } = commit;
  const isOnlyLearned = trial !== undefined && isOfOneAct(confirmed, trial.state);
  if (trial && !(isOnlyLearned && previous)) return takenBack(commit);
  if (!confirmed || !previous) return undefined;
  return without({ ...rest, confirmed: previous }, confirmed);
}

/** What was taken back with its act is what a later act wants, too: that one is undone with it. */
export function renewed<S extends Named>(commit: Commit<S>, { hash, act }: Named): Commit<S> {
  const { quarantined, undone, confirmed } = commit;
  if (act === undefined || undone === undefined || act === confirmed?.act) return commit;
  return quarantined.includes(hash) ? { ...commit, undone: act } : commit;
}

/** The same with another name for a state, where that is held. */
export function renamed<S extends Named>(
  { confirmed, trial, ...rest }: Commit<S>,
  hash: string,
  name: (state: S) => S,
): Commit<S> {
  const named = (state: S): S => (state.hash === hash ? name(state) : state);
  return {
    ...rest,
    ...(confirmed && { confirmed: named(confirmed) }),
    ...(trial && { trial: { ...trial, state: named(trial.state) } }),
  };
}

/** A person wants what was taken back to be tried again. */
export function released<S extends Named>({ undone: _, ...commit }: Commit<S>): Commit<S> {
  return { ...commit, quarantined: [] };
}
