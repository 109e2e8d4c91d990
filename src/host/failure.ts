import { type Diagnostic, HawserError, plainFinding } from '#base';
import type { Change } from '#state';
import type { Failure } from './contract.ts';

/** An error's finding; anything without a code is a defect of ours and goes on. */
export function findingOf(error: unknown): Diagnostic {
  if (!(error instanceof HawserError)) throw error;
  return plainFinding(error);
}

/** Does something for changes that stand or fall together. */
export async function together(
  changes: readonly Change[],
  work: () => Promise<unknown>,
): Promise<readonly Failure[]> {
  if (changes.length === 0) return [];
  try {
    await work();
    return [];
  } catch (error) {
    const finding = findingOf(error);
    return changes.map((change) => ({ change, error: finding }));
  }
}

/** Does something for one change after another: each stands or falls alone. */
export async function oneByOne<T extends { readonly change: Change }>(
  all: readonly T[],
  work: (one: T) => Promise<unknown>,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const one of all) failures.push(...(await together([one.change], () => work(one))));
  return failures;
}
