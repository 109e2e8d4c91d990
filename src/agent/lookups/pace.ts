import type { Known } from './answers.ts';

/** How a name was found at the last look, and when the next is due. */
export interface Pace {
  readonly found: 'whole' | 'half' | 'not';
  /** ms until it is asked for again where nothing else asks before: for as long as it is found so, that doubles. */
  readonly retry: number;
  /** ms until the next look. */
  readonly wait: number;
}

const firstRetry = 2_000;
const lastRetry = 60_000;

/** The pace after a look, `next` being in how many ms the first of what was found ends. */
export function paceAfter(known: Known, next: number, before?: Pace): Pace {
  const found = foundIn(known);
  const again = before?.found === found ? 2 * before.retry : firstRetry;
  const retry = Math.min(again, lastRetry);
  const waits = { whole: next, half: Math.min(next, retry), not: retry };
  return { found, retry, wait: waits[found] };
}

function foundIn({ failure, half }: Known): Pace['found'] {
  if (failure !== undefined) return 'not';
  return half ? 'half' : 'whole';
}
