import type { FileSet } from '#api';
import type { Basis } from '../network/basis.ts';
import { changeTo, drafted } from '../network/change.ts';
import type { Decision } from '../network/edit.ts';
import { takesBack } from './author.ts';
import { type Both, changedAtBothEnds } from './ends.ts';

/** A machine that does not keep the present revision. */
export interface Suspect {
  readonly machine: string;
  /** The server's address that it came to through the network; absent: it said itself that it went back. */
  readonly server?: string;
}

export interface TakingBack {
  readonly suspects: readonly Suspect[];
  /** The revision before, and its file. */
  readonly before: number;
  readonly files: FileSet;
}

/** So many are named, and looked at: one is enough. */
const named = 3;

/**
 * The edit that makes the file what it was before the present revision, where that changed a tunnel at both
 * of its ends and one of the two machines does not keep it; the other alone must not (law 8). It waits for
 * nobody: what it does was so before.
 * @throws DiagnosticsError where the older file is sound no more
 */
export function takenBack(
  basis: Basis,
  { suspects, before, files }: TakingBack,
): Decision | undefined {
  const both = [drafted(basis, files), basis.compiled] as const;
  const agents = new Set(
    [...basis.machines.values()].flatMap(({ name, enrolment }) =>
      enrolment === 'enrolled' ? [name] : [],
    ),
  );
  const reasons: string[] = [];
  for (const suspect of suspects) {
    if (reasons.length === named) break;
    const found = changedAtBothEnds(both, suspect, agents);
    if (found) reasons.push(reasonFor(suspect, found));
  }
  if (reasons.length === 0) return undefined;
  const { number } = basis.stored.revision;
  const why = `revision ${number} is taken back to ${before}: ${reasons.join('; ')}`;
  const change = { kind: 'rollback', files, why, author: takesBack, persons: Infinity } as const;
  const decision = changeTo(basis, { ...change, waits: false });
  return decision && { ...decision, action: 'take-back' };
}

const reasonFor = ({ machine, server }: Suspect, { interface: device, partner }: Both): string => {
  const what = server === undefined ? 'went back' : 'did not come back with it';
  return `${machine} ${what}, and its tunnel ${device} with ${partner} changed at both ends`;
};
