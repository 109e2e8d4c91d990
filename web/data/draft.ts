import type { FileSet } from '#api';
import type { Stored } from './changes.ts';

/** What somebody typed and did not apply: it outlives the page, its session and the browser. */
export interface Draft {
  /** What it was begun from. */
  readonly base: Stored;
  readonly files: FileSet['files'];
}

const keyOf = (network: string): string => `hawser-draft/${network}`;

/** Undefined where there is none, or none that can be read. */
export function draftOf(network: string): Draft | undefined {
  try {
    const draft = JSON.parse(localStorage.getItem(keyOf(network)) ?? 'null') as Draft | null;
    const isWhole = typeof draft?.base.revision.number === 'number' && Boolean(draft.files);
    return isWhole ? draft : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the browser keeps it: one that is full, or told to keep nothing, does not. */
export function keepDraft(network: string, draft: Draft | undefined): boolean {
  try {
    if (draft) localStorage.setItem(keyOf(network), JSON.stringify(draft));
    else localStorage.removeItem(keyOf(network));
    return true;
  } catch {
    return false;
  }
}
