/** The new file before it is written: what it says, and what a person has to know of each thing. */

/**
 * `assumed`: nothing says so, and this was taken. `question`: nothing says so, and nothing was taken;
 * the person has to answer it.
 */
export interface Remark {
  readonly kind: 'assumed' | 'question' | 'from';
  readonly text: string;
}

export type Value =
  | string
  | number
  | boolean
  | readonly Value[]
  | { readonly [key: string]: Value };

/** A key of the file with the remarks that stand above it. */
export interface Field {
  readonly key: string;
  readonly value: Value;
  readonly remarks?: readonly Remark[];
}

export interface DraftMachine {
  readonly name: string;
  readonly remarks: readonly Remark[];
  readonly fields: readonly Field[];
}

export interface DraftSite {
  readonly name: string;
  readonly remarks: readonly Remark[];
  readonly subnets: readonly string[];
  readonly gateway: DraftMachine;
}

export interface Draft {
  /** Files it was made from. */
  readonly from: readonly string[];
  readonly network: string;
  /** `network`, `overlay`, `topology`, in the file's order. */
  readonly head: readonly Field[];
  readonly defaults: readonly Field[];
  readonly sites: readonly DraftSite[];
  readonly members: readonly DraftMachine[];
  readonly membersRemarks: readonly Remark[];
}

export const assumed = (text: string): Remark => ({ kind: 'assumed', text });
export const question = (text: string): Remark => ({ kind: 'question', text });
export const from = (text: string): Remark => ({ kind: 'from', text });
