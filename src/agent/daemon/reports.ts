import type { Finding, Outcome, StateReport } from '#api';
import type { Commit } from './commit.ts';
import { type Kept, nameOf } from './kept.ts';

/** What became of a state, as a server is told. `changes`: in the words of a plan. */
export const reportOf = (
  kept: Kept,
  outcome: Outcome,
  changes: readonly string[] = [],
  failures: readonly Finding[] = [],
): StateReport => ({
  type: 'report',
  ...nameOf(kept),
  outcome,
  changes: [...changes],
  failures: [...failures],
});

/** That a state was taken back, alone or with its act. */
export const revertedReport = (kept: Kept, { undone }: Commit<Kept>): StateReport => ({
  ...reportOf(kept, 'reverted'),
  ...(undone !== undefined && kept.act === undone && { withAct: true }),
});
