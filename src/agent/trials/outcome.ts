import type { TryOutcome } from '#api';

/** How errors of connect(2) and recv(2) read: icmp(7) has the mapping from ICMP codes. */
export function outcomeOf(error: string): TryOutcome {
  if (error === 'ECONNREFUSED' || error === 'ECONNRESET') return 'closed';
  return error === 'ETIMEDOUT' ? 'silent' : 'refused';
}

/** What ping(8) said, in the locale C, where nothing came back. */
export function refusalOf(said: string): { outcome: TryOutcome; error?: string } {
  const line = said.split('\n').find((one) => /^From |^ping: /.test(one));
  return line === undefined ? { outcome: 'silent' } : { outcome: 'refused', error: line };
}

/** Characters of what a system says. */
export const longest = 300;

/** What a system says of an error. */
export const said = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, longest);
